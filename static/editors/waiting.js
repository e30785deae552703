/** What a document says and its editor doesn't show yet. */

import { composeAll, opposite, transform } from "../client/operation.js";

/** @typedef {import("../client/operation.js").Operation} Operation */

export class Waiting {
  /** @type {Operation[]} */
  #operations = [];

  get isEmpty() {
    return this.#operations.length === 0;
  }

  /** One after the other. */
  get operations() {
    return /** @type {readonly Operation[]} */ (this.#operations);
  }

  /** @param {Operation} operation on what the editor will show once it has all that waits */
  push(operation) {
    this.#operations.push(operation);
  }

  /**
   * Note what was done in the editor. What waits was not there for whoever did it: each is carried over the other.
   *
   * @param {Operation} typed on what the editor shows
   * @returns {Operation} it on what the document says
   */
  carry(typed) {
    let operation = typed;
    this.#operations = this.#operations.map((each) => {
      const carried = transform(each, operation, opposite("left"));
      operation = transform(operation, each, "left");
      return carried;
    });
    return operation;
  }

  /** @returns {Operation} all of it as one, on what the editor shows; none of it waits any more */
  take() {
    return composeAll(this.#operations.splice(0));
  }
}
