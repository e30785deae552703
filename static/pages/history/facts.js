/** What is known of a history as a whole: its sessions, its named versions, how much was done when, and what one may do. */

import { Emitter } from "../../client/emitter.js";

/** @typedef {import("../../client/history.js").EditingSession} EditingSession */
/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("../../client/history.js").NamedVersion} NamedVersion */
/** @typedef {import("../../client/history.js").TimelineBucket} TimelineBucket */

/** Bars of the drawing behind the slider. */
const BUCKETS = 200;

/** @extends {Emitter<{ known: Facts }>} */
export class Facts extends Emitter {
  #history;
  /** @type {readonly EditingSession[]} in the order in which they began */
  sessions = [];
  /** @type {readonly NamedVersion[]} */
  named = [];
  /** @type {readonly TimelineBucket[]} of equally many events */
  buckets = [];

  /** What one is here: "editor", or something else, and then one may look. It is "" until that is known. */
  role = "";

  /** @param {History} history @param {number} newest version */
  constructor(history, newest) {
    super();
    this.#history = history;
    this.newest = newest;
  }

  /** Versions with a name, ascending. @returns {number[]} */
  get stars() {
    return [...new Set(this.named.map(({ version }) => version))].sort((a, b) => a - b);
  }

  /** Ask again. What is known is told at once, and the slower answers when they are there. */
  async renew() {
    const history = this.#history;
    [this.named, { version: this.newest, role: this.role }] = await Promise.all([history.versions(), history.visit()]);
    this.emit("known", this);
    this.sessions = await history.sessions();
    this.emit("known", this);
    this.buckets = await history.timeline({ by: "version", buckets: BUCKETS });
    this.emit("known", this);
  }
}
