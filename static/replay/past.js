/** A document's history, of which the parts that somebody looks at are here. */

import { CollabError } from "../client/errors.js";
import { contentLength } from "../client/operation.js";
import { Part } from "./part.js";

/** @typedef {import("../client/history.js").History} History */
/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */

/** Events of a part: a few kilobytes on their way, and some milliseconds to play them all. */
const SPAN = 2000;

/** Units of text that parts may hold together. One part is kept however long its text is. */
const MOST_UNITS = 32_000_000;

/** Each part holds a few of its versions. */
const TEXTS_OF_A_PART = 5;

export class Past {
  #history;
  /** The used last comes last. @type {Set<Part>} */
  #parts = new Set();
  /** By the version after which it begins. @type {Map<number, Promise<Part>>} */
  #loading = new Map();

  /** @type {string | null} the document's, as soon as it is known */
  #epoch = null;

  /** @param {Pick<History, "replay">} history */
  constructor(history) {
    this.#history = history;
  }

  /** @param {number} version @returns {Part | null} where it is, with the event that made it, if that is here */
  partOf(version) {
    for (const part of this.#parts) {
      if (!part.covers(version) || (version > 0 && version === part.after)) continue;
      this.#parts.delete(part);
      this.#parts.add(part);
      return part;
    }
    return null;
  }

  /**
   * @param {number} version that there is
   * @param {number} newest version
   * @returns {Promise<Part>} where it is
   */
  async load(version, newest) {
    for (let part = this.partOf(version); ; ) {
      if (part) return part;
      const read = await this.#read(version, newest);
      if (read.covers(version)) part = read;
    }
  }

  /** @param {number} version @returns {number | null} the version nearest to it of those that are here */
  nearest(version) {
    let found = null;
    for (const { after, until } of this.#parts) {
      const near = Math.min(Math.max(version, after), until);
      if (found === null || Math.abs(near - version) < Math.abs(found - version)) found = near;
    }
    return found;
  }

  /** @param {number} version that is here, as `nearest` says @returns {Content} */
  contentAt(version) {
    for (const part of this.#parts) if (part.covers(version)) return part.contentAt(version);
    throw new RangeError(`version ${version} is not here`);
  }

  /** @param {number} from @param {number} to @returns {Operation | undefined} that leads from one to the other, if one part has both */
  operation(from, to) {
    for (const part of this.#parts) if (part.covers(from) && part.covers(to)) return part.operation(from, to);
    return undefined;
  }

  /** @param {number} version @param {number} newest @returns {Promise<Part>} the next part on the way to it */
  #read(version, newest) {
    const start = Math.floor(Math.max(0, version - 1) / SPAN) * SPAN;
    // A heavy part ends early, and one at the end of the document lacks what has come since.
    const begun = [...this.#parts].filter(({ after, until }) => after >= start && until < version).sort((a, b) => b.until - a.until)[0];
    const after = Math.max(start, begun?.until ?? 0);
    const known = this.#loading.get(after);
    if (known) return known;
    const reading = this.#fetch(after, Math.min(start + SPAN, newest), begun?.until === after ? begun : null);
    this.#loading.set(after, reading);
    return reading.finally(() => this.#loading.delete(after));
  }

  /** @param {number} after @param {number} until @param {Part | null} before the part that ends where this one begins */
  async #fetch(after, until, before) {
    const replay = await this.#history.replay({ after, until, content: before === null });
    this.#epoch ??= replay.epoch;
    if (replay.epoch !== this.#epoch) throw new CollabError("replaced", "there is another document under this id now: load the page again");
    const part = new Part({ ...replay, content: replay.content ?? /** @type {Part} */ (before).contentAt(after) });
    if (part.until <= after && until > after) throw new RangeError(`the server ends a part where it begins, at version ${after}`);
    this.#parts.add(part);
    this.#forget();
    return part;
  }

  #forget() {
    let units = 0;
    for (const part of [...this.#parts].reverse()) {
      units += contentLength(part.contentAt(part.after)) * TEXTS_OF_A_PART;
      if (units > MOST_UNITS && this.#parts.size > 1) this.#parts.delete(part);
    }
  }
}
