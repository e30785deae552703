/** Operations from strangers: what may come in, and the name of what may not. */

import { badLength, loneSurrogate, pastEnd, tooDeep, tooManyComponents, wrongType } from "../errors.js";
import { hasLoneSurrogate } from "../units.js";
import { normalize, span } from "./components.js";
import { apply, contentLength } from "./compose.js";

/** @typedef {import("./components.js").Operation} Operation */
/** @typedef {import("./components.js").Content} Content */

/** Enough for a replace-all over a book. */
export const MAX_COMPONENTS = 10_000;

/** No document comes near it, and sums of lengths stay exact. */
export const MAX_LENGTH = 2 ** 31 - 1;

/** Levels of nesting inside attributes and embeds. */
export const MAX_DEPTH = 4;

/**
 * The operation in `value`, which may come from anywhere, in normal form. With `text`, it must also fit that
 * text.
 *
 * @param {unknown} value
 * @param {Content} [text]
 * @param {{ mostComponents?: number }} [options]
 * @returns {Operation}
 * @throws {CollabError} with one of the codes `operation_…` of docs/protocol.md
 */
export function validate(value, text, { mostComponents = MAX_COMPONENTS } = {}) {
  if (!Array.isArray(value)) throw wrongType(value, "operation");
  if (value.length > mostComponents) throw tooManyComponents(value.length, mostComponents);
  value.forEach(checkComponent);
  const operation = normalize(value);
  if (text === undefined) return operation;
  const { covered } = span(operation);
  const length = contentLength(text);
  if (covered > length) throw pastEnd(covered, length);
  apply(text, operation);
  return operation;
}

/** @param {unknown} component */
function checkComponent(component) {
  if (Number.isInteger(component)) checkLength(Math.abs(Number(component)));
  else if (typeof component === "string") checkText(component);
  else if (isMapping(component)) checkFormatted(component);
  else throw wrongType(component, "component");
}

/** @param {Record<string, unknown>} component */
function checkFormatted(component) {
  const { attributes, ...steps } = component;
  const keys = Object.keys(steps);
  if (keys.length !== 1) throw wrongType(component, `component ${Object.keys(component).sort().join(", ")}`);
  if (keys[0] === "retain") {
    const length = component.retain;
    if (!Number.isInteger(length)) throw wrongType(length, "retain");
    checkLength(Number(length));
  } else if (keys[0] === "insert") {
    const content = component.insert;
    if (typeof content === "string") checkText(content);
    else if (isMapping(content) && Object.keys(content).length > 0) checkValue(content, MAX_DEPTH);
    else throw wrongType(content, "insert");
  } else throw wrongType(component, `component ${keys[0]}`);
  if (!("attributes" in component)) return;
  if (!isMapping(attributes)) throw wrongType(attributes, "attributes");
  checkValue(attributes, MAX_DEPTH);
}

/** @param {number} length */
function checkLength(length) {
  if (length <= 0 || length > MAX_LENGTH) throw badLength(length, MAX_LENGTH);
}

/** @param {string} text */
function checkText(text) {
  if (text === "") throw badLength(0, MAX_LENGTH);
  if (hasLoneSurrogate(text)) throw loneSurrogate();
}

/** @param {unknown} value a JSON value @param {number} depth levels that it may have */
function checkValue(value, depth) {
  if (typeof value === "string") {
    if (hasLoneSurrogate(value)) throw loneSurrogate();
  } else if (typeof value === "object" && value !== null) {
    if (depth === 0) throw tooDeep(MAX_DEPTH);
    for (const inner of Object.values(value)) checkValue(inner, depth - 1);
    if (!Array.isArray(value)) Object.keys(value).forEach((key) => checkValue(key, depth - 1));
  } else if (typeof value === "number") {
    if (!(Math.abs(value) <= Number.MAX_SAFE_INTEGER)) throw wrongType(value, "number that not every reader has");
  } else if (value !== null && typeof value !== "boolean") {
    throw wrongType(value, "value");
  }
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
