/** What the server's read models say. Each answer tells up to which `position` of the log it is right, and its `lag` behind the newest. */

import { Refusal, ask, root } from "./api.js";

/** @typedef {import("./api.js").Kind} Kind */
/** @typedef {"updated" | "created" | "title" | "length"} Order */
/** @typedef {{ position: number, lag: number }} Modelled */
/** @typedef {{ text: string, match: boolean }} Piece of a text; a match is what was looked for */

/**
 * @typedef {object} Catalogued a document
 * @property {string} id
 * @property {Kind} kind
 * @property {string} title
 * @property {number} versions number of the newest
 * @property {number} length UTF-16 units
 * @property {number} edits how many versions changed the text
 * @property {string} created_at ISO 8601
 * @property {string} updated_at ISO 8601
 * @property {string} last_author
 * @property {number} author_count
 * @property {string[]} authors ten at most
 */

/**
 * @typedef {object} Found a document in which all of it is
 * @property {string} document
 * @property {Kind} kind
 * @property {number} version
 * @property {string} author of that version
 * @property {string} updated_at ISO 8601
 * @property {Piece[]} title
 * @property {Piece[]} snippet
 */

/**
 * @typedef {object} Session what an author did in a document without a long pause
 * @property {string} document
 * @property {string} title
 * @property {string} author
 * @property {number} first version
 * @property {number} last version
 * @property {string} began ISO 8601
 * @property {string} ended ISO 8601
 * @property {number} edits
 * @property {number} inserted UTF-16 units
 * @property {number} deleted UTF-16 units
 * @property {number} position in the whole log, of what was done last
 */

/**
 * @typedef {object} Contributor
 * @property {string} author
 * @property {number} documents
 * @property {number} edits
 * @property {number} inserted
 * @property {number} deleted
 */

/** @typedef {{ author: string, document: string }} Filter either may be "", for all of them */

/**
 * @param {{ order?: Order, title?: string, cursor?: string | null, after?: number }} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<Modelled & { documents: Catalogued[], next: string | null }>}
 */
export function catalogue({ order, title, cursor, after }, signal) {
  return ask(address("catalogue", { order, title, cursor, after }), { signal });
}

/**
 * @param {{ words: string, row?: number | null, after?: number }} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<Modelled & { found: Found[], next: number | null }>}
 */
export function search({ words, row, after }, signal) {
  return ask(address("search", { q: words, cursor: row, after }), { signal });
}

/**
 * @param {Filter & { before?: number | null, after?: number }} wanted sessions, those `before` a position; `after`: what is to be in it
 * @param {AbortSignal} signal
 * @returns {Promise<Modelled & { sessions: Session[], next: number | null }>}
 */
export function activity({ author, document, before, after }, signal) {
  return ask(address("activity", { author, document, before, after }), { signal });
}

/** @param {Filter} filter @param {number} after position @returns {URL} where sessions are told live */
export function liveActivity({ author, document }, after) {
  const url = address("activity", { author, document });
  url.searchParams.set("after", String(after)); // 0 is a position, too
  return url;
}

/**
 * @param {{ document: string, limit: number }} wanted those of all documents, if it is ""
 * @param {AbortSignal} signal
 * @returns {Promise<Modelled & { contributors: Contributor[] }>} who has most edits first
 */
export function contributors({ document, limit }, signal) {
  return ask(address("contributors", { document, limit }), { signal });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether a model can't be asked just now, while the documents themselves can be
 */
export function isUnready(error) {
  if (error instanceof Refusal) return error.code.startsWith("model_");
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** @param {string} model @param {Record<string, string | number | null | undefined>} parameters those without a value are left out */
function address(model, parameters) {
  const url = new URL(`api/${model}`, root);
  for (const [name, value] of Object.entries(parameters)) {
    if (value) url.searchParams.set(name, String(value));
  }
  return url;
}
