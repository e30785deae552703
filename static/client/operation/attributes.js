/** Attributes of formatted text: small mappings in which null means *remove this one*. */

import { same } from "./same.js";

/** @typedef {import("./components.js").Attributes} Attributes */

/**
 * One mapping with the effect of `first` and then `second`.
 *
 * @param {Attributes | null} first
 * @param {Attributes | null} second
 * @param {boolean} keepNull for retains, where null is an order; on inserted text there is nothing to remove
 * @returns {Attributes | null}
 */
export function compose(first, second, keepNull) {
  if (!second) return first;
  const merged = Object.entries({ ...first, ...second });
  return mapping(keepNull ? merged : merged.filter(([, value]) => value !== null));
}

/**
 * @param {Attributes | null} attributes
 * @param {Attributes | null} winner
 * @returns {Attributes | null} `attributes` less the keys that `winner`, made at the same time, sets too
 */
export function without(attributes, winner) {
  if (!attributes || !winner) return attributes;
  return mapping(Object.entries(attributes).filter(([key]) => !Object.hasOwn(winner, key)));
}

/**
 * @param {Attributes | null} attributes
 * @param {Attributes | null} before
 * @returns {Attributes | null} what brings text formatted like `before` back after `attributes` was applied
 */
export function invert(attributes, before) {
  if (!attributes) return null;
  const changed = Object.keys(attributes).filter((key) => !same(attributes[key], value(before, key)));
  return mapping(changed.map((key) => [key, value(before, key)]));
}

/** @param {Attributes | null} attributes @param {string} key @returns {unknown} */
function value(attributes, key) {
  return attributes && Object.hasOwn(attributes, key) ? attributes[key] : null;
}

/** @param {[string, unknown][]} entries @returns {Attributes | null} */
function mapping(entries) {
  // fromEntries defines the keys, so that one named __proto__ stays a key.
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}
