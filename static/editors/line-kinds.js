/**
 * A line in Quill is of one kind: a heading, an item of a list, a quotation, code. Two people may give one line two
 * kinds at once, and the document has both; which of them a Quill shows then depends on what it heard first.
 */

import { normalize } from "../client/operation.js";
import { endOfChange } from "./changes.js";

/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */

/** Of two, a line keeps the one that comes first here. */
const KINDS = ["code-block", "list", "header", "blockquote"];

/** @param {Operation} operation @returns {boolean} whether it gives a kind to a line */
export function givesKind(operation) {
  return operation.some((component) => typeof component === "object" && kindsOf(component.attributes).length > 0);
}

/** @param {Record<string, unknown> | undefined} attributes @returns {string[]} */
function kindsOf(attributes) {
  return attributes ? KINDS.filter((kind) => (attributes[kind] ?? null) !== null) : [];
}

/**
 * @param {Content} content
 * @returns {Operation} on it, after which each line is of one kind. That is said anew, so that every Quill shows it
 */
export function oneKind(content) {
  if (typeof content === "string") return [];
  /** @type {Operation} */
  const operation = [];
  for (const component of content) {
    const length = endOfChange([component]);
    const attributes = typeof component === "object" ? component.attributes : undefined;
    const [kept, ...others] = kindsOf(attributes);
    if (!attributes || others.length === 0) operation.push(length);
    else {
      const removed = Object.fromEntries(others.map((kind) => [kind, null]));
      operation.push({ retain: length, attributes: { [kept]: attributes[kept], ...removed } });
    }
  }
  return normalize(operation);
}
