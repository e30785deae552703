import { pastEnd } from "./errors.js";
import { apply, composeAll, contentLength, span } from "./operation.js";

/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */

/** So many operations are composed and applied at once: composing more would cost more than it saves. */
const MOST_OPERATIONS = 512;

/**
 * A text and the operations done to it since, applied when somebody looks. Copying a text of a megabyte takes a
 * millisecond or two, which for each of ten thousand events would be half a minute.
 */
export class UnfoldedText {
  #content;
  #length;
  /** @type {Operation[]} */
  #operations = [];

  /** @param {Content} content */
  constructor(content) {
    this.#content = content;
    this.#length = contentLength(content);
  }

  /** The text as it is now. */
  get content() {
    if (this.#operations.length > 0) {
      this.#content = apply(this.#content, composeAll(this.#operations));
      this.#operations = [];
    }
    return this.#content;
  }

  /**
   * @param {Operation} operation that is known to split no surrogate pair
   * @throws {CollabError} it covers more than the text
   */
  push(operation) {
    if (operation.length === 0) return;
    const { covered, growth } = span(operation);
    if (covered > this.#length) throw pastEnd(covered, this.#length);
    this.#length += growth;
    this.#operations.push(operation);
    if (this.#operations.length >= MOST_OPERATIONS) void this.content;
  }
}
