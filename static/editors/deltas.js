/**
 * Quill's deltas as operations, and the other way round. Both count UTF-16 units, an embed as one.
 *
 * A text in Quill always ends with "\n", on which the format of its last line stands; a document need not. Where
 * it doesn't, Quill's last newline is its own until the first edit: `afterLocal` and `withEnd` keep account of it.
 */

import { EMBED, apply, compose, contentLength, normalize, plainText } from "../client/operation.js";

/** @typedef {import("../client/operation.js").Attributes} Attributes */
/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {{ insert?: unknown, retain?: unknown, delete?: number, attributes?: Attributes }} Step */
/** @typedef {{ format: (name: string) => boolean, embed: (name: string) => boolean }} Words what an editor can show */

/** @param {readonly Step[]} steps of a delta @returns {Operation} */
export function toOperation(steps) {
  /** @type {Operation} */
  const operation = [];
  for (const { insert, retain, delete: deleted, attributes } of steps) {
    if (deleted) operation.push(-deleted);
    else if (typeof retain === "number") operation.push(attributes ? { retain, attributes } : retain);
    else if (typeof insert === "string" || (typeof insert === "object" && insert !== null)) {
      const content = /** @type {string | Record<string, unknown>} */ (insert);
      // On what is new there is nothing to remove.
      const set = Object.entries(attributes ?? {}).filter(([, value]) => value !== null);
      operation.push({ insert: content, attributes: Object.fromEntries(set) });
    }
  }
  return normalize(operation);
}

/**
 * What the editor doesn't know stands there as one unit of text, so that places stay right.
 *
 * @param {Operation} operation
 * @param {Words} words
 * @returns {Step[]}
 */
export function toSteps(operation, words) {
  return operation.map((component) => {
    if (typeof component === "number") return component > 0 ? { retain: component } : { delete: -component };
    if (typeof component === "string") return { insert: shownText(component) };
    const attributes = known(component.attributes, words);
    if ("retain" in component) return { retain: component.retain, ...attributes };
    const { insert } = component;
    if (typeof insert === "string") return { insert: shownText(insert), ...attributes };
    const names = Object.keys(insert);
    return names.length === 1 && words.embed(names[0]) ? { insert, ...attributes } : { insert: EMBED };
  });
}

/** Quill would make a newline of "\r", and one of "\r\n". @param {string} text @returns {string} */
function shownText(text) {
  return text.replaceAll("\r", "\u240d");
}

/** @param {Attributes | undefined} attributes @param {Words} words @returns {{ attributes?: Attributes }} */
function known(attributes, words) {
  const entries = Object.entries(attributes ?? {}).filter(([name]) => words.format(name));
  return entries.length > 0 ? { attributes: Object.fromEntries(entries) } : {};
}

/** @param {Content} content @returns {boolean} whether Quill's last newline isn't in it */
export function lacksEnd(content) {
  return !plainText(content).endsWith("\n");
}

/**
 * What was done in Quill, as done to the document. The first edit brings Quill's own newline along: were it left
 * out, a format for the last line and a letter at its end could come from two people in either order.
 *
 * @param {Operation} typed on what Quill shows for `before`
 * @param {Content} before
 * @returns {{ operation: Operation, after: Content }}
 */
export function afterLocal(typed, before) {
  const operation = lacksEnd(before) ? compose([contentLength(before), "\n"], typed) : typed;
  return { operation, after: apply(before, operation) };
}

/**
 * @param {Operation} operation on the document
 * @param {Content} before
 * @param {Content} after
 * @returns {Operation} it on what Quill shows, where a newline of its own comes or goes
 */
export function withEnd(operation, before, after) {
  if (lacksEnd(before) === lacksEnd(after)) return operation;
  return compose(operation, [contentLength(after), lacksEnd(after) ? "\n" : -1]);
}

/** @param {Content} content @param {Words} words @returns {Step[]} all that Quill shows for it */
export function stepsOf(content, words) {
  const whole = typeof content === "string" ? normalize([content]) : content;
  return toSteps(lacksEnd(content) ? [...whole, "\n"] : whole, words);
}
