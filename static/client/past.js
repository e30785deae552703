import { Telling } from "./telling.js";

/** @typedef {import("./history.js").History} History */
/** @typedef {import("./history.js").When} When */
/** @typedef {import("./shapes.js").DocumentEvents} DocumentEvents */

/**
 * What of a document is asked for over HTTP: its past, and what is done to it as a whole. All of that is loaded when
 * it is first asked for.
 *
 * @extends {Telling<DocumentEvents>}
 */
export class WithPast extends Telling {
  #url;
  #token;

  /** @param {string | URL} url of the server @param {string} document its id @param {import("./shapes.js").Token} [token] */
  constructor(url, document, token) {
    super();
    this.document = document;
    this.#url = url;
    this.#token = token;
  }

  /** @param {When} [when] a version, or a time; the newest if it isn't given */
  at(when) {
    return this.#ask("at", when);
  }

  /** The log's events. @param {{ after?: number, until?: number }} [range] versions, the first one not included */
  async *history(range) {
    yield* await this.#ask("events", range);
  }

  /** What happened between two versions. @param {number} older @param {number} [newer] */
  diff(older, newer) {
    return this.#ask("diff", older, newer);
  }

  /** Who wrote each part. @param {When} [when] */
  blame(when) {
    return this.#ask("blame", when);
  }

  /** How much was done when, and by whom. @param {{ by?: "time" | "version", buckets?: number }} [options] */
  timeline(options) {
    return this.#ask("timeline", options);
  }

  /** Who worked on it when. @param {{ after?: number }} [range] those after that version */
  sessions(range) {
    return this.#ask("sessions", range);
  }

  /** When a text appeared, and when it was gone. @param {string} text */
  search(text) {
    return this.#ask("search", text);
  }

  /** Who one is to the server, what one may do, and what one has seen. */
  visit() {
    return this.#ask("visit");
  }

  /** Note that one has seen it up to a version. @param {number} version */
  markSeen(version) {
    return this.#ask("markSeen", version);
  }

  /** The versions that have a name. */
  versions() {
    return this.#ask("versions");
  }

  /** @param {string} name @param {number} [version] the server's newest if it isn't given */
  nameVersion(name, version) {
    return this.#ask("nameVersion", name, version);
  }

  /** Bring an older version back, by one event. @param {number} version */
  restore(version) {
    return this.#ask("restore", version);
  }

  /** Give the document another title. @param {string} title */
  rename(title) {
    return this.#ask("rename", title);
  }

  /** Make another document of a version. @param {number} [version] @param {{ id?: string, title?: string }} [options] */
  fork(version, options) {
    return this.#ask("fork", version, options);
  }

  /**
   * @template {keyof History} K
   * @param {K} name
   * @param {Parameters<History[K]>} args
   * @returns {Promise<Awaited<ReturnType<History[K]>>>}
   */
  async #ask(name, ...args) {
    const { History } = await import("./history.js");
    const past = /** @type {any} */ (new History(this.#url, this.document, this.#token));
    return past[name](...args);
  }
}
