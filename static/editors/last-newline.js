/**
 * Two people who begin to write at once in a document that has no last newline both bring one (see deltas.js), and
 * an empty line would be left. Whoever's newline comes second into the log takes one of the two away.
 */

import { composeAll, normalize, transformOffset } from "../client/operation.js";
import { endOfChange } from "./changes.js";

/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */

export class LastNewline {
  /** Where one's own newline stands that isn't in the log yet; -1 where there is none. */
  #place = -1;

  /** @param {number} place @param {Promise<void>} saved once it is in the log, or never will be */
  brought(place, saved) {
    const forget = () => {
      this.#place = -1;
    };
    this.#place = place;
    saved.then(forget, forget);
  }

  /** @param {Operation} operation of one's own */
  carry(operation) {
    if (this.#place >= 0) this.#place = transformOffset(this.#place, operation);
  }

  /**
   * @param {Operation[]} changes of others, one after the other
   * @param {Content} content after them
   * @returns {Operation} on it: none, unless they bring a last newline too
   */
  surplus(changes, content) {
    if (this.#place < 0 || changes.length === 0) return [];
    const change = composeAll(changes);
    this.#place = transformOffset(this.#place, change);
    const theirs = endOfChange(change) - 1;
    const last = change.at(-1);
    const text = typeof last === "object" && "insert" in last ? last.insert : last;
    if (typeof text !== "string" || !text.endsWith("\n")) return [];
    const [left, right] = [this.#place, theirs].sort((a, b) => a - b);
    this.#place = -1;
    // Of the right one all that was written stands before it; it gets the format of both.
    const attributes = { ...attributesAt(content, left), ...attributesAt(content, right) };
    return normalize([left, -1, right - left - 1, { retain: 1, attributes }]);
  }
}

/** @param {Content} content @param {number} offset */
function attributesAt(content, offset) {
  if (typeof content === "string") return {};
  let place = 0;
  for (const component of content) {
    place += endOfChange([component]);
    if (place > offset) return typeof component === "object" ? component.attributes : {};
  }
  return {};
}
