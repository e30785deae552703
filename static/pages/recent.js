/** The documents that were opened in this browser, the last one first. */

import { keep, recall } from "./kept.js";

/** @typedef {{ id: string, title: string, kind: "text" | "rich" }} Opened */

const KEY = "collab.recent";
const MOST = 8;

/** @returns {Opened[]} */
export function recentDocuments() {
  const kept = recall(KEY);
  if (!Array.isArray(kept)) return [];
  return kept.filter((each) => typeof each?.id === "string" && typeof each.title === "string").slice(0, MOST);
}

/** @param {string} id @returns {"text" | "rich"} as which it was opened last */
export function kindOf(id) {
  return recentDocuments().find((each) => each.id === id)?.kind === "rich" ? "rich" : "text";
}

/** @param {Opened} opened just now, or renamed */
export function noteOpened({ id, title, kind }) {
  keep(KEY, [{ id, title, kind }, ...recentDocuments().filter((each) => each.id !== id)].slice(0, MOST));
}
