/**
 * Carry one operation over another that was made on the same text.
 *
 *               text
 *           a  /    \  b            a' = transform(a, b, "left")
 *             /      \              b' = transform(b, a, "right")
 *            ·        ·
 *          b' \      / a'           both ways end in the same text (TP1)
 *              \    /
 *               ·
 *
 * Where both insert at one place, the operation whose side is "left" goes left. Callers give the side by
 * comparing client ids (`sideOf`), so that of two people who type at one place one always stands wholly left
 * of the other. An insert into a gap that the other operation deleted ties with everything inserted in that
 * gap. Of two values for one attribute, the left side's wins.
 */

import { without } from "./attributes.js";
import { DELETE, INSERT, Reader, insert, push, retain, trim } from "./components.js";

/** @typedef {import("./components.js").Operation} Operation */
/** @typedef {"left" | "right"} Side */

/** @param {Side} side @returns {Side} */
export function opposite(side) {
  return side === "left" ? "right" : "left";
}

/**
 * @param {string} client
 * @param {string} other
 * @returns {Side} the side of an operation by `client` against one by `other`: the smaller id goes left
 */
export function sideOf(client, other) {
  return client < other ? "left" : "right";
}

/**
 * `op` rewritten so that it can be applied after `other`; both are operations on the same text.
 *
 * @param {Operation} op
 * @param {Operation} other
 * @param {Side} side of `op`
 * @returns {Operation} in normal form if `op` is; it may be `op` itself, which is never changed
 */
export function transform(op, other, side) {
  // Nearly all edits are one insert or one delete at one place. Taking them apart here makes merging a long
  // time offline several times as fast as the general way.
  const place = placeOf(op);
  const otherPlace = placeOf(other);
  if (place < 0 || otherPlace < 0) return transformGeneral(op, other, side);
  const step = op[op.length - 1];
  const otherStep = other[other.length - 1];

  if (typeof otherStep === "string") {
    if (typeof step === "string") {
      if (place < otherPlace || (place === otherPlace && side === "left")) return op;
    } else if (typeof step !== "number" || step > 0) {
      return transformGeneral(op, other, side);
    } else if (place < otherPlace) {
      if (place - step <= otherPlace) return op;
      return transformGeneral(op, other, side); // the insert splits the deletion
    }
    return [place + otherStep.length, step];
  }

  if (typeof otherStep !== "number" || otherStep > 0) return transformGeneral(op, other, side);
  if (typeof step === "string") {
    return place <= otherPlace ? op : at(Math.max(place + otherStep, otherPlace), step);
  }
  if (typeof step !== "number" || step > 0) return transformGeneral(op, other, side);
  const end = place - step;
  const otherEnd = otherPlace - otherStep;
  if (end <= otherPlace) return op;
  if (place >= otherEnd) return at(place + otherStep, step);
  const left = step + Math.min(end, otherEnd) - Math.max(place, otherPlace);
  return left ? at(Math.min(place, otherPlace), left) : [];
}

/** @param {Operation} op @returns {number} the place of its one step, or -1 if it isn't one step at a place */
function placeOf(op) {
  if (op.length === 1) return 0;
  return op.length === 2 && typeof op[0] === "number" ? op[0] : -1;
}

/** @param {number} place @param {number | string} step @returns {Operation} */
function at(place, step) {
  return place ? [place, step] : [step];
}

/**
 * `transform` for operations of any shape.
 *
 * @param {Operation} op
 * @param {Operation} other
 * @param {Side} side
 * @returns {Operation}
 */
export function transformGeneral(op, other, side) {
  /** @type {Operation} */
  const result = [];
  const mine = new Reader(op);
  const theirs = new Reader(other);
  while (!mine.ended) {
    if (mine.kind === INSERT && (side === "left" || theirs.kind !== INSERT)) {
      push(result, insert(mine.content(mine.length), mine.attributes));
      mine.advance();
    } else if (theirs.kind === INSERT) {
      push(result, theirs.length);
      theirs.advance();
    } else {
      const length = Math.min(mine.length, theirs.length);
      if (theirs.kind !== DELETE) {
        if (mine.kind === DELETE) push(result, -length);
        else if (side === "left") push(result, retain(length, mine.attributes));
        else push(result, retain(length, without(mine.attributes, theirs.attributes)));
      }
      mine.skip(length);
      theirs.skip(length);
    }
  }
  return trim(result);
}

/**
 * Where the place `offset` lies after `op`.
 *
 * @param {number} offset
 * @param {Operation} op
 * @param {Side} sticky text inserted exactly there pushes the place along if "right", and leaves it if "left"
 * @returns {number}
 */
export function transformOffset(offset, op, sticky = "right") {
  let moved = offset;
  let place = 0;
  for (const reader = new Reader(op); !reader.ended && place <= offset; reader.advance()) {
    if (reader.kind === INSERT) {
      if (place < offset || sticky === "right") moved += reader.length;
      continue;
    }
    if (reader.kind === DELETE) moved -= Math.min(reader.length, offset - place);
    place += reader.length;
  }
  return moved;
}
