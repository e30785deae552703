/**
 * Operations one after the other: applied to a text, joined into one, and undone.
 *
 * Composed operations are for folding, undoing and display. They must not be transformed in place of their
 * parts on the way to the log: an insert into text that was deleted just before stands on one side of the
 * deleted text, and another author's insert at its other edge can come out on the wrong side.
 */

import { pastEnd, splitsPair as splitsPairError } from "../errors.js";
import { splitsPair } from "../units.js";
import * as attributes from "./attributes.js";
import { DELETE, INSERT, RETAIN, Reader, insert, isPlain, push, retain, span, trim } from "./components.js";

/** @typedef {import("./components.js").Component} Component */
/** @typedef {import("./components.js").Operation} Operation */
/** @typedef {import("./components.js").Content} Content */

/** Stands for an embed where only the text of a document is wanted (U+FFFC, object replacement). */
export const EMBED = "\ufffc";

/**
 * The text after `op`. A string stays a string under plain operations, and becomes a list of insert
 * components under one with attributes or embeds; a list stays a list.
 *
 * @template {Content} T
 * @param {T} text
 * @param {Operation} op
 * @returns {Content}
 * @throws {CollabError} `operation_past_end`, `operation_splits_pair`
 */
export function apply(text, op) {
  if (typeof text === "string" && isPlain(op)) return splice(text, op);
  const rich = components(text);
  const { covered } = span(op);
  const length = contentLength(text);
  if (covered > length) throw pastEnd(covered, length);
  checkPairs(plainText(text), op);
  return compose(rich, op);
}

/** @param {string} text @param {Operation} op a plain one @returns {string} */
function splice(text, op) {
  let result = "";
  let place = 0;
  for (const component of op) {
    if (typeof component === "number") {
      if (component > 0) {
        result += text.slice(place, place + component);
        place += component;
        continue;
      }
      checkBoundary(text, place);
      place -= component;
    } else result += component;
    checkBoundary(text, place);
  }
  if (place > text.length) throw pastEnd(place, text.length);
  return result + text.slice(place);
}

/** @param {string} text @param {number} place */
function checkBoundary(text, place) {
  if (splitsPair(text, place)) throw splitsPairError(place);
}

/** @param {string} text @param {Operation} op */
function checkPairs(text, op) {
  let place = 0;
  for (const component of op) {
    const { covered } = span([component]);
    if (typeof component !== "number" || component < 0) {
      checkBoundary(text, place);
      checkBoundary(text, place + covered);
    }
    place += covered;
  }
}

/** @param {Content} content @returns {Component[]} it as a list of insert components */
export function components(content) {
  if (typeof content !== "string") return content;
  return content ? [content] : [];
}

/** @param {Content} content @returns {string} the text without attributes, each embed as one U+FFFC */
export function plainText(content) {
  return typeof content === "string" ? content : content.map(componentText).join("");
}

/** @param {Component} component an insert, or any other step, which has no text @returns {string} */
function componentText(component) {
  if (typeof component === "string") return component;
  if (typeof component === "number" || "retain" in component) return "";
  return typeof component.insert === "string" ? component.insert : EMBED;
}

/** @param {Content} content @returns {number} its length in units */
export function contentLength(content) {
  return typeof content === "string" ? content.length : span(content).growth;
}

/** @param {Operation} op @returns {string} the text that `op` inserts, embeds as U+FFFC */
export function insertedText(op) {
  return plainText(op);
}

/**
 * One operation with the effect of `a` and then `b`, which applies to what `a` made:
 * `apply(apply(s, a), b)` equals `apply(s, compose(a, b))`. What `a` deleted stays before what `b` inserts in
 * the same gap.
 *
 * @param {Operation} a
 * @param {Operation} b
 * @returns {Operation}
 */
export function compose(a, b) {
  /** @type {Operation} */
  const result = [];
  const first = new Reader(a);
  const second = new Reader(b);
  while (!(first.ended && second.ended)) {
    if (first.kind === DELETE) {
      push(result, -first.length);
      first.advance();
    } else if (second.kind === INSERT) {
      push(result, insert(second.content(second.length), second.attributes));
      second.advance();
    } else {
      const length = Math.min(first.length, second.length);
      if (second.kind === RETAIN) {
        const keepNull = first.kind === RETAIN;
        const merged = attributes.compose(first.attributes, second.attributes, keepNull);
        push(result, keepNull ? retain(length, merged) : insert(first.content(length), merged));
      } else if (first.kind === RETAIN) {
        push(result, -length);
      }
      first.skip(length);
      second.skip(length);
    }
  }
  return trim(result);
}

/**
 * Consecutive operations as one. Halving keeps the cost near n·log n where composing one by one would be n².
 *
 * @param {readonly Operation[]} ops
 * @returns {Operation}
 */
export function composeAll(ops) {
  if (ops.length < 2) return ops[0] ?? [];
  const middle = ops.length >> 1;
  return compose(composeAll(ops.slice(0, middle)), composeAll(ops.slice(middle)));
}

/**
 * The operation that undoes `op`, which applies to `text`: `apply(apply(text, op), invert(op, text))` equals
 * `text`.
 *
 * @param {Operation} op
 * @param {Content} text
 * @returns {Operation}
 */
export function invert(op, text) {
  /** @type {Operation} */
  const result = [];
  const step = new Reader(op);
  const base = new Reader(components(text));
  while (!step.ended) {
    if (step.kind === INSERT) {
      push(result, -step.length);
      step.advance();
      continue;
    }
    if (base.ended) throw pastEnd(span(op).covered, contentLength(text));
    const length = Math.min(step.length, base.length);
    if (step.kind === DELETE) push(result, insert(base.content(length), base.attributes));
    else push(result, retain(length, attributes.invert(step.attributes, base.attributes)));
    step.skip(length);
    base.skip(length);
  }
  return trim(result);
}
