/**
 * What the list shows: the catalogue, or what was found. A page of it knows how to get the next.
 *
 * Both are told by read models, which are some tenths of a second behind the log, and may not be there at all. The
 * list of documents that the server has beside them is always there and exact, but knows nothing of texts and lengths.
 */

import { listDocuments } from "../api.js";
import { catalogue, isUnready, search } from "../models.js";
import { catalogued, found, plain } from "./rows.js";

/** @typedef {import("./address.js").Wanted} Wanted */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("../models.js").Modelled} Modelled */

/**
 * @typedef {object} Page
 * @property {Row[]} rows
 * @property {((signal: AbortSignal) => Promise<Page>) | null} next
 * @property {number} missing position in the log up to which something isn't in it yet, or 0: to be asked again after that
 * @property {string} note why it is another list than what was wanted, or ""
 */

/** A model that is being built lets one wait for five seconds; a list that is plain and there is better than that. */
const PATIENCE_MS = 1500;

const NO_CATALOGUE = "The catalogue isn’t ready just now. This is the plain list: last edited first, without lengths.";
const NO_SEARCH = "Texts can’t be searched just now. These are found by their titles alone.";

/**
 * @param {Wanted} wanted
 * @param {AbortSignal} signal
 * @param {number} [after] a position in the log that is to be in it
 * @returns {Promise<Page>} the first page
 */
export function firstPage({ words, order }, signal, after = 0) {
  return words ? searched({ words, row: null, after }, signal) : listed({ order, title: "", cursor: null, after }, signal);
}

/** @param {{ order: Wanted["order"], title: string, cursor: string | null, after: number }} wanted @param {AbortSignal} signal @returns {Promise<Page>} */
async function listed(wanted, signal) {
  try {
    const { documents, next, ...reached } = await catalogue(wanted, patience(signal, wanted.after));
    const on = next === null ? null : { ...wanted, cursor: next, after: 0 };
    return { rows: documents.map(catalogued), next: on && ((later) => listed(on, later)), missing: missingFrom(reached), note: "" };
  } catch (error) {
    // In the middle of a list there is no going over to another one.
    if (!isUnready(error) || wanted.cursor !== null) throw error;
    return plainly({ title: wanted.title, cursor: null }, NO_CATALOGUE, signal);
  }
}

/** @param {{ title: string, cursor: string | null }} wanted @param {string} note @param {AbortSignal} signal @returns {Promise<Page>} */
async function plainly(wanted, note, signal) {
  const { documents, next } = await listDocuments(wanted, signal);
  const on = next === null ? null : { ...wanted, cursor: next };
  return { rows: documents.map(plain), next: on && ((later) => plainly(on, note, later)), missing: 0, note };
}

/**
 * Whatever has these words, the best first; and then what only has these letters in its title, in the midst of a word.
 *
 * @param {{ words: string, row: number | null, after: number }} wanted
 * @param {AbortSignal} signal
 * @returns {Promise<Page>}
 */
async function searched(wanted, signal) {
  const { words } = wanted;
  try {
    const { found: hits, next, ...reached } = await search(wanted, patience(signal, wanted.after));
    const rows = hits.map(found);
    const missing = missingFrom(reached);
    if (next !== null) return { rows, next: (later) => searched({ words, row: next, after: 0 }, later), missing, note: "" };
    const titled = await listed({ order: "updated", title: words, cursor: null, after: wanted.after }, signal);
    return { rows: [...rows, ...titled.rows], next: titled.next, missing: Math.max(missing, titled.missing), note: "" };
  } catch (error) {
    if (!isUnready(error) || wanted.row !== null) throw error;
    return plainly({ title: words, cursor: null }, NO_SEARCH, signal);
  }
}

/** @param {AbortSignal} signal @param {number} after @returns {AbortSignal} who waits for something to be in it has a list meanwhile */
function patience(signal, after) {
  return after > 0 ? signal : AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
}

/** @param {Modelled} reached */
function missingFrom({ position, lag }) {
  return lag > 0 ? position + lag : 0;
}
