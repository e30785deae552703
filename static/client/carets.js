/**
 * Who else is here, and where: the carets of others, each at its place in the confirmed text.
 *
 * An event moves every caret. Text that comes in just at a caret goes to the side on which it would stand
 * beside what that person types, so a caret keeps to its owner's own last character.
 */

import { sideOf, transformOffset } from "./operation.js";

/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./messages.js").Cursor} Cursor */
/** @typedef {import("./messages.js").Peer} Peer */
/** @typedef {import("./messages.js").User} User */

/** @typedef {{ client: string, author: string, user: User, cursor: Cursor | null }} Other */

export class Carets {
  /** @type {Map<string, Other>} */
  #others = new Map();

  clear() {
    this.#others.clear();
  }

  /** @param {readonly Peer[]} peers news about some of the others */
  update(peers) {
    for (const peer of peers) {
      const known = this.#others.get(peer.client);
      if (peer.left) this.#others.delete(peer.client);
      else {
        this.#others.set(peer.client, {
          client: peer.client,
          author: peer.author ?? known?.author ?? "",
          user: peer.user ?? known?.user ?? {},
          cursor: peer.cursor === undefined ? (known?.cursor ?? null) : peer.cursor,
        });
      }
    }
  }

  /**
   * @param {Operation} op of an event
   * @param {string} client who made it
   */
  carry(op, client) {
    for (const other of this.#others.values()) {
      if (other.cursor) other.cursor = moved(other.cursor, op, client, other.client);
    }
  }

  /**
   * @param {readonly { op: Operation }[]} pending own edits, on top of the confirmed text
   * @param {string} client whose edits they are
   * @returns {Other[]} the others, with their carets in what is shown
   */
  shown(pending, client) {
    return Array.from(this.#others.values(), (other) => {
      let { cursor } = other;
      for (const { op } of pending) cursor = cursor && moved(cursor, op, client, other.client);
      return { ...other, cursor };
    });
  }
}

/**
 * Where a caret stands after an operation.
 *
 * @param {Cursor} cursor
 * @param {Operation} op
 * @param {string} author client that made `op`
 * @param {string} owner client whose caret it is
 * @returns {Cursor}
 */
export function moved({ anchor, head }, op, author, owner) {
  const sticky = author === owner || sideOf(author, owner) === "left" ? "right" : "left";
  return { anchor: transformOffset(anchor, op, sticky), head: transformOffset(head, op, sticky) };
}
