/** A document in the list, whoever tells of it. */

import { listed } from "../names.js";

/** @typedef {import("../api.js").DocumentRow} DocumentRow */
/** @typedef {import("../models.js").Catalogued} Catalogued */
/** @typedef {import("../models.js").Found} Found */
/** @typedef {import("../models.js").Piece} Piece */

/**
 * @typedef {object} Row
 * @property {string} id
 * @property {import("../api.js").Kind} kind
 * @property {readonly Piece[]} title none, if it has no title
 * @property {readonly Piece[]} snippet where it was found, if it was looked for
 * @property {number} version
 * @property {number | null} length UTF-16 units, if that is known
 * @property {string} updated ISO 8601
 * @property {string} last author of its newest version, or ""
 * @property {string} by who has written it, in words, or ""
 */

/** @param {Catalogued} document @returns {Row} */
export function catalogued({ id, kind, title, versions, length, edits, updated_at, last_author, author_count, authors }) {
  // Who has made it and written nothing is no author yet.
  const who = edits === 0 ? { last: "", by: nobody } : { last: last_author, by: by(authors, author_count) };
  return { id, kind, title: whole(title), snippet: [], version: versions, length, updated: updated_at, ...who };
}

/** @param {DocumentRow} document @returns {Row} */
export function plain({ id, kind, title, version, authors, author_count, updated_at }) {
  return { id, kind, title: whole(title), snippet: [], version, length: null, updated: updated_at, last: "", by: by(authors, author_count) };
}

/** @param {Found} hit @returns {Row} */
export function found({ document, kind, version, author, updated_at, title, snippet }) {
  return { id: document, kind, title, snippet, version, length: null, updated: updated_at, last: author, by: "" };
}

const nobody = "nobody has written here yet";

/** @param {readonly string[]} authors @param {number} count */
function by(authors, count) {
  return count > 0 ? `by ${listed(authors, count)}` : nobody;
}

/** @param {string} title @returns {Piece[]} */
function whole(title) {
  return title ? [{ text: title, match: false }] : [];
}
