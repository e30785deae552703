/**
 * The text of a document as the value of a plain field, and what was typed there as an operation. A textarea shows
 * "\r\n" and "\r" as "\n", and an input of one line shows no line ends at all, so places differ on the two sides.
 */

import { normalize } from "../client/operation.js";
import { splitsPair } from "../client/units.js";

/** @typedef {import("../client/operation.js").Operation} Operation */

/** @param {string} text @param {number} at @param {boolean} oneLine @returns {boolean} whether no field shows the unit there */
function isHidden(text, at, oneLine) {
  return oneLine ? text[at] === "\n" || text[at] === "\r" : text[at] === "\r" && text[at + 1] === "\n";
}

/** @param {string} text @param {boolean} oneLine @returns {string} the value of a field that shows `text` */
export function toValue(text, oneLine) {
  return oneLine ? text.replace(/[\r\n]/g, "") : text.replace(/\r\n?/g, "\n");
}

/** @param {string} text @param {number} offset in it @param {boolean} oneLine @returns {number} the place in the value */
export function toPlace(text, offset, oneLine) {
  let place = 0;
  for (let at = 0; at < offset; at += 1) if (!isHidden(text, at, oneLine)) place += 1;
  return place;
}

/** @param {string} text @param {number} place in its value @param {boolean} oneLine @returns {number} the first offset there */
export function toOffset(text, place, oneLine) {
  let at = 0;
  for (let seen = 0; seen < place && at < text.length; at += 1) if (!isHidden(text, at, oneLine)) seen += 1;
  return at;
}

/**
 * The smallest edit that may have been made. In "aaa" any "a" may be the new one: it is the one before the caret.
 *
 * @param {string} text whose value the field had
 * @param {string} value that it has now
 * @param {number} caret where typing has left it
 * @param {boolean} oneLine
 * @returns {Operation} on `text`
 */
export function typed(text, value, caret, oneLine) {
  const before = toValue(text, oneLine);
  const shorter = Math.min(before.length, value.length);
  let [head, tail] = [0, 0];
  const sameTail = () => before.at(-1 - tail) === value.at(-1 - tail);
  while (tail < Math.min(shorter, value.length - caret) && sameTail()) tail += 1;
  while (head < shorter - tail && before[head] === value[head]) head += 1;
  while (tail < shorter - head && sameTail()) tail += 1; // a program may have changed it, far from the caret
  if (splitsPair(before, head) || splitsPair(value, head)) head -= 1;
  if (splitsPair(before, before.length - tail) || splitsPair(value, value.length - tail)) tail -= 1;

  let from = toOffset(text, head, oneLine);
  // Line ends that aren't shown are not deleted along with the letter after them.
  while (oneLine && head < before.length - tail && isHidden(text, from, oneLine)) from += 1;
  const to = Math.max(from, toOffset(text, before.length - tail, oneLine));
  return normalize([from, from - to, value.slice(head, value.length - tail)]);
}
