/** The HTTP API, as far as the pages ask it themselves. */

import { hashOf } from "../replay/address.js";
import { guestToken } from "./person.js";

/** Where collab is on its server: at the top, or under the path where an application has mounted it. */
export const root = new URL("../../", import.meta.url);

/** @typedef {"text" | "rich"} Kind */

/**
 * @typedef {object} DocumentRow
 * @property {string} id
 * @property {Kind} kind
 * @property {string} title
 * @property {number} version
 * @property {string[]} authors of its edits, ten at most
 * @property {number} author_count
 * @property {string} created_at ISO 8601
 * @property {string} updated_at ISO 8601
 */

/**
 * @param {{ cursor: string | null, title: string }} wanted documents with `title` in their title; all if it is empty
 * @param {AbortSignal} signal
 * @returns {Promise<{ documents: DocumentRow[], next: string | null }>}
 */
export function listDocuments({ cursor, title }, signal) {
  const url = new URL("api/documents", root);
  if (cursor) url.searchParams.set("cursor", cursor);
  if (title) url.searchParams.set("title", title);
  return ask(url, { signal });
}

/**
 * @typedef {object} DocumentState the newest version of a document
 * @property {Kind} kind
 * @property {string} title
 * @property {number} version
 * @property {import("../client/operation.js").Content} content
 */

/** @param {string} document @returns {Promise<DocumentState>} */
export function readDocument(document) {
  return ask(new URL(`api/documents/${encodeURIComponent(document)}`, root), {});
}

/** @param {string} document @returns {URL} where its events are */
export function eventsOf(document) {
  return new URL(`api/documents/${encodeURIComponent(document)}/events`, root);
}

/** @param {string} document @returns {string} address of its page */
export function pageOf(document) {
  return new URL(`d/${encodeURIComponent(document)}`, root).href;
}

/** @param {string} document @returns {string} address of the page of its history */
export function historyOf(document) {
  return `${pageOf(document)}/history`;
}

/** @param {string} document @param {number} older @param {number} newer @returns {string} address of what changed between these versions */
export function changesOf(document, older, newer) {
  return historyOf(document) + hashOf(newer, older);
}

/** @param {{ title: string, kind: Kind }} wish the title may be empty @returns {Promise<{ id: string }>} */
export function createDocument(wish) {
  return ask(new URL("api/documents", root), { method: "POST", body: JSON.stringify(wish) });
}

/** @param {string} document @param {"text" | "markdown" | "json" | "history"} format @returns {string} address of a file */
export function exportAddress(document, format) {
  return new URL(`api/documents/${encodeURIComponent(document)}/export?format=${format}`, root).href;
}

/** What the server wouldn't do. Its `code` is "" if it was somebody else who answered. */
export class Refusal extends Error {
  /** @param {string} reason @param {string} code */
  constructor(reason, code) {
    super(reason);
    this.code = code;
  }
}

/** @param {URL} url @param {RequestInit} request @returns {Promise<any>} rejects with a Refusal, or for want of a connection */
export async function ask(url, request) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${guestToken()}` };
  const response = await fetch(url, { ...request, headers });
  if (response.ok) return response.json();
  throw await refusal(response);
}

/** @param {Response} response */
async function refusal(response) {
  const text = await response.text();
  try {
    const { reason, code } = JSON.parse(text).error;
    return new Refusal(reason, code);
  } catch {
    return new Refusal(`the server answered ${response.status} ${response.statusText}`.trim(), ""); // a proxy's own words
  }
}
