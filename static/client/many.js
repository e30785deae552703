/**
 * Many edits carried over many others in less than quadratic time (see missed.js). Only who comes back to a document
 * has so many: this is loaded then, before the connection goes on.
 */

import { Missed } from "./missed.js";

/** @typedef {import("./operation.js").Operation} Operation */

/** @type {import("./rebase.js").Method} `rebase`, with all that the others did as one operation */
export function asOne(client, mine, theirs) {
  const missed = new Missed();
  for (const { client: other, op, leans } of theirs) missed.take(op, other < client && !leans);
  missed.settle();
  const carried = mine.map((op) => missed.carry(op));
  return { mine: carried, theirs: missed.operation };
}

/**
 * @param {Operation} op of thousands of steps
 * @param {import("./operation.js").Side} side of what is carried
 * @returns {(step: Operation) => Operation} to be called with one operation after the other, each on the text that
 *   the one before has left; gives them as they are after `op`
 */
export function overMany(op, side) {
  const missed = new Missed();
  missed.take(op, side === "right");
  return (step) => missed.carry(step);
}
