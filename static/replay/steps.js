/**
 * What one caret did before it moved, as the server's `replay` tells it: several events in a few numbers.
 *
 *     [[4, "cat"], 3]        insert "c", "a", "t" at 4, 5, 6
 *     [[4, -2], 2]           delete one unit at 4, twice
 *     [[4, -2], 2, true]     delete one unit at 5, then at 4
 *     [[4, "cat"]]           one event, whatever it did; its operation is empty if the content stayed as it was
 *
 * A run cut anywhere is a run again, so any number of its events is one small operation.
 */

/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("../client/history.js").Step} Step */

/** @param {Step} step @returns {number} its events */
export function countOf([, count = 1]) {
  return count;
}

/**
 * @param {Step} step
 * @param {number} from so many of its events are left out; none if it is negative
 * @param {number} to the events after so many are left out, too; none if there are less
 * @returns {Operation} what those between do, one after the other
 */
export function cut([op, count = 1, backwards = false], from, to) {
  const [start, end] = [Math.max(0, from), Math.min(to, count)];
  if (start >= end) return [];
  if (start === 0 && end === count) return op;
  const [place, what] = op.length === 1 ? [0, op[0]] : [Number(op[0]), op[1]];
  if (typeof what === "string") {
    const characters = [...what];
    const each = characters.length / count;
    const before = characters.slice(0, start * each).join("").length;
    return written(place + before, characters.slice(start * each, end * each).join(""));
  }
  const size = Number(what) / -count;
  return written(backwards ? place + size * (count - end) : place, -size * (end - start));
}

/** @param {number} place @param {string | number} what @returns {Operation} */
function written(place, what) {
  return place > 0 ? [place, what] : [what];
}
