/** What others changed in a text since one has seen it, to be gone through one by one. */

import { transformOffset } from "../client/operation.js";

/** @typedef {import("../client/history.js").DiffPart} DiffPart */
/** @typedef {import("../client/operation.js").Operation} Operation */

/**
 * @typedef {object} Unread a place that somebody else has changed
 * @property {number} from where what they wrote begins in the text of today
 * @property {number} to where it ends; `from`, if they only deleted
 * @property {string} author of it, or the first of several
 * @property {string} inserted what they wrote
 * @property {string} deleted what they deleted
 */

/**
 * @param {readonly DiffPart[]} parts of the comparison with what was seen
 * @param {string} me whose own changes are left out
 * @returns {Unread[]} in the order of the text; what was changed beside each other is one
 */
export function unreadOf(parts, me) {
  /** @type {Unread[]} */
  const found = [];
  let place = 0;
  let isOpen = false;
  for (const { kind, length, text = "", credit } of parts) {
    const end = place + (kind === "deleted" ? 0 : length);
    if (kind === "kept" || !credit || credit.author === me) isOpen = false;
    else {
      if (!isOpen) found.push({ from: place, to: place, author: credit.author, inserted: "", deleted: "" });
      isOpen = true;
      const open = found[found.length - 1];
      open[kind] += text;
      open.to = end;
    }
    place = end;
  }
  return found;
}

/** @param {readonly Unread[]} unread @param {Operation} operation on the text @returns {Unread[]} where they are then */
export function carried(unread, operation) {
  return unread.map((each) => {
    const from = transformOffset(each.from, operation, "right");
    return { ...each, from, to: Math.max(from, transformOffset(each.to, operation, "left")) };
  });
}
