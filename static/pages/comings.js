/** Who joins and who leaves, said to those who don't see the avatars: politely, and not more often than one can listen. */

import { calledBy } from "./people.js";

/** @typedef {import("../client/carets.js").Other} Other */

/** Nothing is said more often than this. */
const PAUSE_MS = 3000;

/** So long after one has come, whoever shows is somebody who was here before. */
const GRACE_MS = 500;

/** @param {readonly string[]} names @returns {string} such as "Ana, Bo and 3 more" */
function some(names) {
  const shown = names.slice(0, 2).join(", ");
  return names.length > 2 ? `${shown} and ${names.length - 2} more` : shown;
}

export class Comings {
  #say;
  /** @type {Map<string, string>} names by client, as of what was said last */
  #said = new Map();
  /** @type {Map<string, string>} */
  #here = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(text: string) => void} say */
  constructor(say) {
    this.#say = say;
  }

  /** Note that one has come oneself, and will learn now who is here. */
  begin() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#said = this.#here;
    }, GRACE_MS);
  }

  /** @param {readonly Other[]} others @param {boolean} connected whether that is so, and not for want of a connection */
  see(others, connected) {
    if (!connected) return;
    this.#here = new Map(others.map((other) => [other.client, calledBy(other)]));
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, PAUSE_MS);
  }

  #tell() {
    const before = this.#said;
    const now = this.#here;
    this.#said = now;
    const came = [...now].filter(([client]) => !before.has(client)).map(([, name]) => name);
    const left = [...before].filter(([client]) => !now.has(client)).map(([, name]) => name);
    const news = [came.length > 0 ? `${some(came)} joined.` : "", left.length > 0 ? `${some(left)} left.` : ""];
    const text = news.filter(Boolean).join(" ");
    if (text) this.#say(text);
  }
}
