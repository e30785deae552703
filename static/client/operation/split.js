import { pieces } from "../units.js";
import { insert, push, span, trim } from "./components.js";

/** @typedef {import("./components.js").Component} Component */
/** @typedef {import("./components.js").Operation} Operation */

/** Components in one part: half of what a server takes. */
const MOST_COMPONENTS = 5_000;

/**
 * An operation as several smaller ones, to be done one after the other.
 *
 * @param {Operation} op in normal form
 * @param {number} most units that one of them may insert, at least 2
 * @returns {Operation[]} composed, they are `op`; a list of `op` alone where it is small enough
 */
export function split(op, most) {
  if (op.length <= MOST_COMPONENTS && inserted(op) <= most) return [op];
  /** @type {Operation[]} */
  const parts = [];
  /** @type {Operation} */
  let part = [];
  let room = most;
  let done = 0; // units at the start of the text that are as they shall be
  for (const component of op.flatMap((whole) => cut(whole, most))) {
    const size = inserted([component]);
    if (size > room || part.length >= MOST_COMPONENTS) {
      parts.push(trim(part));
      part = [];
      push(part, done);
      room = most;
    }
    push(part, component);
    room -= size;
    const { covered, growth } = span([component]);
    done += covered + growth;
  }
  parts.push(trim(part));
  return parts.filter((each) => each.length > 0);
}

/** @param {Operation} op @returns {number} units that it inserts */
function inserted(op) {
  let sum = 0;
  for (const component of op) sum += Math.max(0, span([component]).growth);
  return sum;
}

/** @param {Component} component @param {number} most @returns {Component[]} an insert in pieces, all else as it is */
function cut(component, most) {
  if (typeof component === "string") return pieces(component, most);
  if (typeof component !== "object" || "retain" in component || typeof component.insert !== "string") {
    return [component];
  }
  return pieces(component.insert, most).map((text) => insert(text, component.attributes ?? null));
}
