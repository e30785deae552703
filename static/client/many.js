/**
 * Many edits carried over many others in less than quadratic time (see missed.js). Only who comes back to a document
 * has so many: this is loaded then, before the connection goes on.
 */

import { Missed } from "./missed.js";
import { joinedRun } from "./operation/coalesce.js";

/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./replica.js").Edit} Edit */

/** Letters to a joined edit: so much is undone at once, where there was much to send. */
const MOST_JOINED = 256;

/**
 * Runs of typing and deleting that wait to be sent, joined over the pauses in which they were made. Each edit counts
 * towards what a server takes in a second, and ten thousand by one person would keep it for minutes. The joined one has
 * the newest id: once that is in the log, none of them is sent again, by whoever goes on from an older record either.
 *
 * @param {readonly Edit[]} pending
 * @param {(one: number, other: number) => boolean} alike whether the edits of two ids may become one
 * @returns {Edit[]} in new edits where they were joined
 */
export function joinRuns(pending, alike) {
  /** @type {Edit[]} */
  const result = [];
  for (const edit of pending) {
    const last = result.at(-1);
    const free = last && !last.frozen && !edit.frozen && alike(last.id, edit.id);
    const op = free ? joinedRun(last.op, edit.op) : null;
    if (!last || !op || reach(op) > MOST_JOINED) result.push(edit);
    else result[result.length - 1] = { ...edit, op, ids: [...(last.ids ?? [last.id]), ...(edit.ids ?? [edit.id])] };
  }
  return result;
}

/** @param {Operation} op a run @returns {number} how many letters it types or deletes */
function reach(op) {
  const step = op.at(-1) ?? 0;
  return typeof step === "string" ? step.length : Math.abs(Number(step));
}

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
