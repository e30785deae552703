/** A document in the list, drawn. */

import { pageOf } from "../api.js";
import { make } from "../dom.js";
import { count } from "../history/words.js";
import { nameOf } from "../names.js";
import { ago } from "../time.js";

/** @typedef {import("../models.js").Piece} Piece */
/** @typedef {import("./rows.js").Row} Row */

/** @param {Row} row @returns {HTMLLIElement} */
export function entryOf({ id, kind, title, snippet, version, length, updated, last, by }) {
  const name = make("span", { class: "entry-title" }, ...(title.length > 0 ? marked(title) : [id]));
  if (title.length === 0) name.dataset.untitled = "";
  if (kind === "rich") name.append(make("span", { class: "entry-kind", text: "rich text" }));
  const at = new Date(updated);
  const time = make("time", { datetime: updated, title: at.toLocaleString(), text: ago(at, new Date()) });
  const size = length === null ? "" : ` · ${characters(length)}`;
  const detail = make("span", {}, "edited ", time, `${last && ` by ${nameOf(last)}`} · version ${count(version)}${size}`);
  const parts = [name];
  if (snippet.length > 0) parts.push(make("span", { class: "snippet" }, ...marked(snippet)));
  parts.push(make("span", { class: "quiet entry-details" }, ...(by ? [make("span", { text: by })] : []), detail));
  return make("li", {}, make("a", { class: "entry", href: pageOf(id) }, ...parts));
}

/** @param {readonly Piece[]} pieces */
function marked(pieces) {
  return pieces.map(({ text, match }) => (match ? make("mark", { text }) : text));
}

/** @param {number} length @returns {string} such as "1,234 characters" */
export function characters(length) {
  if (length === 0) return "empty";
  return length === 1 ? "1 character" : `${count(length)} characters`;
}
