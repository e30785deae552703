/**
 * Two people who begin to write at once in a document that has no last newline both bring one (see deltas.js), and
 * an empty line would be left. Whoever's newline comes second into the log takes one of the two away.
 */

import { composeAll, normalize, plainText, transformOffset } from "../client/operation.js";
import { endOfChange } from "./changes.js";

/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */

export class LastNewline {
  /** Where one's own newline stands that isn't in the log yet; -1 where there is none. */
  #place = -1;
  /** @type {Operation[]} changes of others that have not been looked at */
  #noted = [];

  /** @param {number} place @param {Promise<void>} saved once it is in the log, or never will be */
  brought(place, saved) {
    const forget = () => {
      this.#place = -1;
    };
    this.#place = place;
    this.#noted = [];
    saved.then(forget, forget);
  }

  /** @param {Operation} operation of one's own */
  carry(operation) {
    if (this.#place >= 0) this.#place = transformOffset(this.#place, operation);
  }

  /** @param {Operation} operation of somebody else */
  note(operation) {
    if (this.#place >= 0) this.#noted.push(operation);
  }

  /**
   * @param {Content} content after what was noted
   * @returns {Operation} on it: none, unless what was noted brings a last newline too
   */
  surplus(content) {
    const change = composeAll(this.#noted.splice(0));
    if (this.#place < 0 || change.length === 0) return [];
    this.#place = transformOffset(this.#place, change);
    const theirs = endOfChange(change) - 1;
    const last = change.at(-1);
    const text = typeof last === "object" && "insert" in last ? last.insert : last;
    if (typeof text !== "string" || !text.endsWith("\n")) return [];
    const [left, right] = [this.#place, theirs].sort((a, b) => a - b);
    this.#place = -1;
    const shown = plainText(content);
    if (left === right || shown[left] !== "\n" || shown[right] !== "\n") return []; // somebody has deleted one
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
