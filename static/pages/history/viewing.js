/** Which version is looked at, and how its text comes on the paper. */

import { Emitter } from "../../client/emitter.js";
import { AuthorsPast } from "../../replay/authors-past.js";
import { endOfChange } from "../../editors/changes.js";
import { countChanges } from "../../editors/changes-shown.js";
import { Comparing } from "./comparing.js";

/** @typedef {import("../../replay/past.js").Past} Past */
/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("../../editors/paper.js").Paper} Paper */

/**
 * @typedef {object} ViewingEvents
 * @property {number} moved another version is wanted
 * @property {number} shown this version is on the paper, and exactly
 * @property {boolean} waiting whether what is wanted takes its time
 * @property {number} changes so many are marked
 * @property {unknown} failed a version could not be loaded
 */

/** So long the version before stays, and then the nearest one that is here takes its place. */
const NEAREST_MS = 60;

/** After so long it is said that something is being loaded. */
const WAITING_MS = 200;

/** @extends {Emitter<ViewingEvents>} */
export class Viewing extends Emitter {
  #past;
  #paper;
  #colorOf;
  #authors;
  #comparing;
  /** The version on the paper. */
  #onPaper;
  #frame = 0;
  /** Counts what has been asked for, so that an answer that comes too late is known. */
  #asked = 0;
  #isLoading = false;
  #authorsShown = false;
  /** Of the version wanted, the one that it is compared with. @type {((version: number) => number | null) | null} */
  #older = null;
  /** @type {ReturnType<typeof setTimeout>[]} */
  #timers = [];

  /**
   * @param {Past} past
   * @param {History} history
   * @param {Paper} paper on which the newest version is
   * @param {{ newest: number, colorOf: (author: string) => string }} options
   */
  constructor(past, history, paper, { newest, colorOf }) {
    super();
    this.#past = past;
    this.#paper = paper;
    this.#colorOf = colorOf;
    this.#authors = new AuthorsPast(history);
    this.#comparing = new Comparing(past, history);
    this.#onPaper = newest;
    this.newest = newest;
    this.version = newest;
    /** Whether `version` is on the paper as it was. */
    this.isExact = true;
    /** Whether the paper is scrolled to where something changes. */
    this.follows = false;
  }

  /** @returns {number | null} the version that the wanted one is compared with */
  get older() {
    return this.#older?.(this.version) ?? null;
  }

  /** @returns {{ author: string, at: number } | null} who made this version and when, if it is known already */
  get event() {
    const part = this.version > 0 ? this.#past.partOf(this.version) : null;
    return part && { author: part.authorOf(this.version), at: part.timeOf(this.version) };
  }

  /** @param {number} version any number: it is taken to the nearest there is */
  go(version) {
    this.version = Math.min(Math.max(0, Math.trunc(version)), this.newest);
    this.emit("moved", this.version);
    this.refresh();
  }

  /** @param {boolean} shown */
  showAuthors(shown) {
    this.#authorsShown = shown;
    if (!shown) this.#paper.showAuthors(null, this.#colorOf);
    this.refresh();
  }

  /** @param {((version: number) => number | null) | null} older than a version, the one it is compared with; null to compare no more */
  compare(older) {
    this.#older = older;
    this.refresh();
  }

  /** Show again what is wanted, on the next frame. */
  refresh() {
    this.isExact = false;
    this.#asked += 1;
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (this.#past.partOf(this.version) && this.#older === null && !this.#authorsShown) this.#show();
    else void this.#load();
  }

  /** One at a time, so that whoever drags the slider asks for no more than can be shown. */
  async #load() {
    if (this.#isLoading) return; // it goes on until what is wanted is there
    this.#isLoading = true;
    this.#wait();
    while (!this.isExact) {
      const asked = this.#asked;
      try {
        const show = await this.#loaded();
        if (this.isExact) break; // another version is wanted by now, and was here
        show(); // if another one is wanted that is not here, better than none
        this.isExact = asked === this.#asked;
        if (this.isExact) this.emit("shown", this.version);
      } catch (error) {
        if (asked !== this.#asked) continue;
        this.emit("failed", error);
        break;
      }
    }
    this.#isLoading = false;
    this.#noWait();
  }

  /** @returns {Promise<() => void>} shows what is wanted now */
  async #loaded() {
    const { version, older } = this;
    await this.#past.load(version, this.newest);
    if (older !== null) {
      const pieces = await this.#comparing.pieces(older, version, this.newest);
      return () => {
        this.#put(version);
        this.#paper.showChanges(pieces, this.#colorOf);
        this.emit("changes", countChanges(pieces));
      };
    }
    const runs = this.#authorsShown ? await this.#authors.runsAt(this.#past, version) : null;
    return () => {
      this.#put(version);
      if (runs) this.#paper.showAuthors(runs, this.#colorOf);
      this.emit("changes", 0);
    };
  }

  #show() {
    this.#put(this.version);
    this.isExact = true;
    this.emit("changes", 0);
    this.emit("shown", this.version);
  }

  /** @param {number} version that is here */
  #put(version) {
    if (version === this.#onPaper) return this.#paper.showChanges(null);
    const operation = this.#past.operation(this.#onPaper, version);
    this.#paper.show(this.#past.contentAt(version), operation);
    if (this.follows && operation?.length) this.#paper.follow(endOfChange(operation));
    this.#onPaper = version;
  }

  /** While something is loaded: what is near, and a word that it takes time. */
  #wait() {
    const near = () => {
      const nearest = this.#past.nearest(this.version);
      if (nearest !== null && this.#older === null) this.#put(nearest);
    };
    this.#timers = [setTimeout(near, NEAREST_MS), setTimeout(() => this.emit("waiting", true), WAITING_MS)];
  }

  #noWait() {
    for (const timer of this.#timers) clearTimeout(timer);
    this.emit("waiting", false);
  }
}
