/**
 * Components: the retain, insert and delete steps of which an operation is made.
 *
 *     5                                            retain 5 units
 *     -3                                           delete 3 units
 *     "hi"                                         insert
 *     {"retain": 2, "attributes": {"bold": true}}  format 2 units; null removes an attribute
 *     {"insert": "hi", "attributes": {…}}          formatted insert
 *     {"insert": {"image": "…"}}                   an embed, length 1
 *
 * `Reader` walks an operation in pieces of any length, `push` builds one in normal form: nothing empty, like
 * neighbours merged. Neither ever changes the order of components, because moving an insert past a delete
 * beside it loses convergence once operations are composed.
 */

import { same } from "./same.js";

/** @typedef {Record<string, unknown>} Attributes */
/** @typedef {{ retain: number, attributes?: Attributes }} FormattedRetain */
/** @typedef {{ insert: string | Record<string, unknown>, attributes?: Attributes }} FormattedInsert */
/** @typedef {number | string | FormattedRetain | FormattedInsert} Component */
/** @typedef {Component[]} Operation */
/** @typedef {string | Component[]} Content a document: a string, or for rich text a list of insert components */

export const RETAIN = 0;
export const INSERT = 1;
export const DELETE = 2;

/** Length of the retain that stands, unwritten, at the end of every operation. */
export const ENDLESS = Number.MAX_SAFE_INTEGER;

/**
 * The components of an operation, to be taken in pieces.
 *
 * `kind`, `length` and `attributes` describe what is left of the current component; after the last one they
 * describe an endless plain retain and `ended` is true.
 */
export class Reader {
  #components;
  #index = 0;
  /** @type {string | Record<string, unknown>} */
  #content = "";

  kind = RETAIN;
  length = 0;
  /** @type {Attributes | null} */
  attributes = null;
  ended = false;

  /** @param {Operation} operation */
  constructor(operation) {
    this.#components = operation;
    this.advance();
  }

  /** Go to the next component that isn't empty. */
  advance() {
    while (this.#index < this.#components.length) {
      const component = this.#components[this.#index++];
      this.attributes = null;
      if (typeof component === "number") {
        this.kind = component > 0 ? RETAIN : DELETE;
        this.length = Math.abs(component);
      } else if (typeof component === "string") {
        this.#openInsert(component);
      } else {
        this.attributes = filled(component.attributes);
        if ("retain" in component) {
          this.kind = RETAIN;
          this.length = component.retain;
        } else {
          this.#openInsert(component.insert);
        }
      }
      if (this.length) return;
    }
    this.kind = RETAIN;
    this.length = ENDLESS;
    this.attributes = null;
    this.ended = true;
  }

  /** @param {string | Record<string, unknown>} content */
  #openInsert(content) {
    this.kind = INSERT;
    this.#content = content;
    this.length = typeof content === "string" ? content.length : 1;
  }

  /** @param {number} length how many units to leave out, at most what is left of this component */
  skip(length) {
    if (length === this.length) {
      this.advance();
      return;
    }
    if (typeof this.#content === "string" && this.kind === INSERT) this.#content = this.#content.slice(length);
    this.length -= length;
  }

  /**
   * @param {number} length
   * @returns {string | Record<string, unknown>} the first `length` units of this insert: text, or the embed
   */
  content(length) {
    return typeof this.#content === "string" ? this.#content.slice(0, length) : this.#content;
  }
}

/** @param {Attributes | undefined} attributes @returns {Attributes | null} */
function filled(attributes) {
  return attributes && Object.keys(attributes).length > 0 ? attributes : null;
}

/** @param {number} length @param {Attributes | null} attributes @returns {Component} */
export function retain(length, attributes) {
  return attributes ? { retain: length, attributes } : length;
}

/** @param {string | Record<string, unknown>} content @param {Attributes | null} attributes @returns {Component} */
export function insert(content, attributes) {
  if (attributes) return { insert: content, attributes };
  return typeof content === "string" ? content : { insert: content };
}

/**
 * Append `component` to `operation`, keeping normal form; a component that is empty is left out.
 *
 * @param {Operation} operation
 * @param {Component} component
 */
export function push(operation, component) {
  const end = operation.length - 1;
  const last = operation[end];
  if (typeof component === "number") {
    if (component === 0) return;
    if (typeof last === "number" && last > 0 === component > 0) {
      operation[end] = last + component;
      return;
    }
  } else if (typeof component === "string") {
    if (component === "") return;
    if (typeof last === "string") {
      operation[end] = last + component;
      return;
    }
  } else if (typeof last === "object") {
    const merged = mergeFormatted(last, component);
    if (merged) {
      operation[end] = merged;
      return;
    }
  }
  operation.push(component);
}

/**
 * @param {FormattedRetain | FormattedInsert} last
 * @param {FormattedRetain | FormattedInsert} next
 * @returns {Component | null}
 */
function mergeFormatted(last, next) {
  if (!same(last.attributes, next.attributes)) return null;
  if ("retain" in last) return "retain" in next ? { ...last, retain: last.retain + next.retain } : null;
  if ("retain" in next || typeof last.insert !== "string" || typeof next.insert !== "string") return null;
  return { ...last, insert: last.insert + next.insert };
}

/** @param {Operation} operation @returns {Operation} it, in place without its trailing plain retain */
export function trim(operation) {
  const last = operation.at(-1);
  if (typeof last === "number" && last > 0) operation.pop();
  return operation;
}

/**
 * The one way to write `operation`: nothing empty, like neighbours merged, no trailing plain retain.
 *
 * @param {Operation} operation
 * @returns {Operation} a new list
 */
export function normalize(operation) {
  /** @type {Operation} */
  const result = [];
  for (const reader = new Reader(operation); !reader.ended; reader.advance()) {
    if (reader.kind === RETAIN) push(result, retain(reader.length, reader.attributes));
    else if (reader.kind === INSERT) push(result, insert(reader.content(reader.length), reader.attributes));
    else push(result, -reader.length);
  }
  return trim(result);
}

/**
 * @param {Operation} operation
 * @returns {{ covered: number, growth: number }} units of the base text that `operation` covers, and by how
 *   many it makes the text longer
 */
export function span(operation) {
  let covered = 0;
  let growth = 0;
  for (const component of operation) {
    if (typeof component === "string") growth += component.length;
    else if (typeof component === "object") {
      if ("retain" in component) covered += component.retain;
      else growth += typeof component.insert === "string" ? component.insert.length : 1;
    } else if (component < 0) {
      growth += component;
      covered -= component;
    } else covered += component;
  }
  return { covered, growth };
}

/** @param {Operation} operation @returns {boolean} whether it has neither attributes nor embeds */
export function isPlain(operation) {
  return operation.every((component) => typeof component !== "object");
}
