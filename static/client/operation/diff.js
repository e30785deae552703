import { isHigh, splitsPair } from "../units.js";
import { push, trim } from "./components.js";

/** @typedef {import("./components.js").Operation} Operation */

/**
 * An operation with `apply(old, diff(old, new)) === new`.
 *
 * It keeps what both texts have at their start and end, and replaces all in between: right for one edit at
 * one place, and coarse where there were several.
 *
 * @param {string} oldText
 * @param {string} newText
 * @returns {Operation}
 */
export function diff(oldText, newText) {
  const shorter = Math.min(oldText.length, newText.length);
  let head = 0;
  while (head < shorter && oldText.charCodeAt(head) === newText.charCodeAt(head)) head += 1;
  if (head > 0 && isHigh(oldText.charCodeAt(head - 1))) head -= 1;
  let tail = 0;
  const most = shorter - head;
  while (tail < most && oldText.at(-1 - tail) === newText.at(-1 - tail)) tail += 1;
  // A common tail that starts with the second half of a pair must not take that half along.
  if (splitsPair(oldText, oldText.length - tail) || splitsPair(newText, newText.length - tail)) tail -= 1;
  /** @type {Operation} */
  const operation = [];
  push(operation, head);
  push(operation, -(oldText.length - head - tail));
  push(operation, newText.slice(head, newText.length - tail));
  return trim(operation);
}
