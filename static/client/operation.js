/**
 * Operations: edits as values, and the algebra that lets people type at once.
 *
 * An operation is a list of components over a whole text (see operation/components.js), the same on the wire,
 * in the log and in memory. Lengths and offsets count UTF-16 code units. No function here changes its
 * arguments. It is the twin of the Python package `collab.operation`; tests/vectors/operation.json holds both
 * to the same answers.
 */

export { coalesce } from "./operation/coalesce.js";
export { isPlain, normalize, span } from "./operation/components.js";
export {
  EMBED,
  apply,
  compose,
  composeAll,
  contentLength,
  insertedText,
  invert,
  plainText,
} from "./operation/compose.js";
export { diff } from "./operation/diff.js";
export { same } from "./operation/same.js";
export { split } from "./operation/split.js";
export { opposite, sideOf, transform, transformOffset } from "./operation/transform.js";
export { validate } from "./operation/validate.js";

/** @typedef {import("./operation/components.js").Attributes} Attributes */
/** @typedef {import("./operation/components.js").Component} Component */
/** @typedef {import("./operation/components.js").Operation} Operation */
/** @typedef {import("./operation/components.js").Content} Content */
/** @typedef {import("./operation/transform.js").Side} Side */
