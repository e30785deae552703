/**
 * Own edits that nobody has seen, carried over all that others did meanwhile.
 *
 * Only their author ever computes this: what it sends afterwards is based on the newest version. So the exact method,
 * in pairs as the server would have done it, is used as long as it is quick, and many.js for the rest. It is the
 * twin of `collab/rebase.py`.
 */

import { cross } from "./meeting.js";
import { extend, single, written } from "./operation/coalesce.js";
import { composeAll, sideOf } from "./operation.js";

/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./operation/coalesce.js").Single} Single */
/** @typedef {{ client: string, op: Operation, leans: boolean }} Foreign an edit of somebody else, or a run of them */
/** @typedef {{ mine: Operation[], theirs: Operation }} Rebased `mine` on the newest version, `theirs` after mine */
/** @typedef {(client: string, mine: readonly Operation[], theirs: readonly Foreign[]) => Rebased} Method */

/** Pairs of an own and a foreign edit that are crossed one by one. */
const MOST_PAIRS = 20_000;

/**
 * Carry the edits of `client` over those of others, made at once on the same text, and the other way round. Both
 * are in order. Applying `theirs` and then the new `mine` gives the same text as applying `mine` and then the
 * new `theirs`.
 *
 * @param {string} client
 * @param {readonly Operation[]} mine
 * @param {readonly Foreign[]} theirs
 * @param {typeof import("./many.js") | null} many the method for many, where it has been loaded
 * @returns {Rebased}
 */
export function rebase(client, mine, theirs, many) {
  const foreign = runs(theirs);
  const quick = mine.length * foreign.length <= MOST_PAIRS;
  return (quick || !many ? inPairs : many.asOne)(client, mine, foreign);
}

/** @type {Method} `rebase`, every edit over every other */
export function inPairs(client, mine, theirs) {
  const bridge = theirs.map((foreign) => ({ ...foreign, side: sideOf(client, foreign.client) }));
  const carried = mine.map((op) => {
    const leaning = new Set();
    for (const foreign of bridge) {
      const how = { side: foreign.side, mineLeans: leaning.has(foreign.client), theirsLeans: foreign.leans };
      const crossed = cross(op, foreign.op, how);
      op = crossed.mine;
      foreign.op = crossed.theirs;
      foreign.leans = crossed.theirsLeans;
      if (crossed.mineLeans) leaning.add(foreign.client);
    }
    return op;
  });
  return { mine: carried, theirs: composeAll(bridge.map(({ op }) => op)) };
}

/**
 * @param {readonly Foreign[]} events
 * @returns {Foreign[]} them with runs of typing or deleting merged, each of one client
 */
export function runs(events) {
  /** @type {Foreign[]} */
  const result = [];
  /** @type {Single | null} */
  let run = null;
  for (const event of events) {
    const last = result.at(-1);
    const edit = single(event.op);
    const alike = last && last.client === event.client && last.leans === event.leans;
    /** @type {Single | null} */
    const joined = run && edit && alike ? extend(run, edit) : null;
    if (last && joined && joined.step !== "") {
      run = joined;
      last.op = written(run);
    } else {
      run = edit;
      result.push({ ...event });
    }
  }
  return result;
}
