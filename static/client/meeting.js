/**
 * Two edits of different clients that were made at once meet, and both are carried on.
 *
 * `transform` alone forgets on which side of deleted text an insert stood. So an insert remembers whose deletion
 * it was pushed back by: it *leans*, and where it ties with an insert of that client later on, it goes right.
 * Otherwise the smaller client id goes left. What somebody types behind a word thereby stays behind it while
 * somebody else retypes that word. It is the twin of `collab/meeting.py`, which says more;
 * tests/vectors/meeting.json holds both to the same answers.
 */

import { single } from "./operation/coalesce.js";
import { opposite, transform } from "./operation.js";

/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./operation/coalesce.js").Single} Single */

/**
 * Carry two operations on one text over each other.
 *
 * @param {Operation} mine
 * @param {Operation} theirs
 * @param {object} how
 * @param {import("./operation.js").Side} how.side of `mine`, by the client ids
 * @param {boolean} how.mineLeans
 * @param {boolean} how.theirsLeans
 * @returns {{ mine: Operation, theirs: Operation, mineLeans: boolean, theirsLeans: boolean }} each carried over
 *   the other, and whether each leans now
 */
export function cross(mine, theirs, { side, mineLeans, theirsLeans }) {
  const one = single(mine);
  const other = single(theirs);
  if (one && other) {
    const inserts = typeof one.step === "string";
    const othersInserts = typeof other.step === "string";
    if (inserts && othersInserts) {
      if (mineLeans !== theirsLeans) side = mineLeans ? "right" : "left";
    } else if (inserts) {
      mineLeans ||= pushedBack(one, other);
    } else if (othersInserts) {
      theirsLeans ||= pushedBack(other, one);
    }
  }
  return {
    mine: transform(mine, theirs, side),
    theirs: transform(theirs, mine, opposite(side)),
    mineLeans,
    theirsLeans,
  };
}

/**
 * @param {Single} insert
 * @param {Single} deletion
 * @returns {boolean} whether a deletion up to or around the insert moves it to where that began
 */
function pushedBack(insert, deletion) {
  return deletion.place < insert.place && insert.place <= deletion.place - Number(deletion.step);
}
