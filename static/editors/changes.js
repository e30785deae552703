/** CodeMirror's changes as operations, and the other way round. Both count UTF-16 units, a line break as one. */

import { normalize } from "../client/operation.js";
import { splitsPair } from "../client/units.js";

/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("@codemirror/state").ChangeSet} ChangeSet */
/** @typedef {import("@codemirror/state").Text} Text */

/**
 * An input method may replace 😀 by 😁 by changing the second half of the pair alone; the operation then takes
 * the whole pair.
 *
 * @param {ChangeSet} changes
 * @param {Text} before the document that they apply to
 * @returns {Operation}
 */
export function toOperation(changes, before) {
  /** @type {Operation} */
  const operation = [];
  let place = 0;
  changes.iterChanges((fromA, toA, _fromB, _toB, inserted) => {
    const from = cutsPair(before, fromA) ? fromA - 1 : fromA;
    const to = toA > fromA && cutsPair(before, toA) ? toA + 1 : toA;
    const text = before.sliceString(from, fromA) + inserted.sliceString(0) + before.sliceString(toA, to);
    operation.push(from - place, from - to, text);
    place = to;
  });
  return normalize(operation);
}

/** @param {Text} text @param {number} offset @returns {boolean} */
function cutsPair(text, offset) {
  return offset > 0 && splitsPair(text.sliceString(offset - 1, offset + 1), 1);
}

/**
 * @param {Operation} operation a plain one; of a formatted insert the text is taken, formatting is passed over
 * @returns {{ from: number, to?: number, insert?: string }[]} for a transaction
 */
export function toChanges(operation) {
  const changes = [];
  let place = 0;
  for (const component of operation) {
    if (typeof component === "string") changes.push({ from: place, insert: component });
    else if (typeof component === "object") {
      if ("retain" in component) place += component.retain;
      else changes.push({ from: place, insert: typeof component.insert === "string" ? component.insert : "\ufffc" });
    } else if (component > 0) place += component;
    else {
      changes.push({ from: place, to: place - component });
      place -= component;
    }
  }
  return changes;
}

/**
 * @param {Operation} operation
 * @returns {number} the place, in the text after it, where its last change ends
 */
export function endOfChange(operation) {
  let place = 0;
  for (const component of operation) {
    if (typeof component === "string") place += component.length;
    else if (typeof component === "number") place += Math.max(0, component);
    else if ("retain" in component) place += component.retain;
    else place += typeof component.insert === "string" ? component.insert.length : 1;
  }
  return place;
}
