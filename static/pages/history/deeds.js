/** A session's single changes, in words, unfolded below it. */

import { make } from "../dom.js";
import { eventWords } from "../event-words.js";
import { reasonOf } from "../reason.js";
import { count } from "./words.js";

/** @typedef {import("../../client/history.js").EditingSession} EditingSession */
/** @typedef {import("../../client/history.js").History} History */

/** Changes that are listed of a session: one that is looked for among more is better found on the slider. */
const MOST = 200;

/**
 * @param {EditingSession} session
 * @param {History} history
 * @param {(version: number) => void} go
 * @returns {HTMLElement[]} what unfolds them, and where
 */
export function deedsOf({ author, first, last, edits }, history, go) {
  const place = make("div", { class: "deeds" });
  place.hidden = true;
  const label = edits === 1 ? "The change of this session" : `The ${count(edits)} changes of this session`;
  const toggle = make("button", { class: "unfold", type: "button", "aria-expanded": "false", "aria-label": label, title: label });
  toggle.addEventListener("click", () => {
    place.hidden = !place.hidden;
    toggle.setAttribute("aria-expanded", String(!place.hidden));
    if (!place.hidden && place.childElementCount === 0) void fill();
  });

  async function fill() {
    place.replaceChildren(make("p", { class: "quiet", text: "Loading…" }));
    try {
      const rows = [];
      for await (const event of history.events({ after: first - 1, until: last })) {
        if (event.author !== author || !event.op) continue;
        if (rows.length === MOST) break;
        rows.push(make("li", {}, row(event.seq, eventWords(event))));
      }
      const rest = edits - rows.length;
      const more = rest > 0 ? [make("p", { class: "quiet", text: `and ${count(rest)} more` })] : [];
      place.replaceChildren(make("ul", { class: "rows" }, ...rows), ...more);
    } catch (error) {
      place.replaceChildren(make("p", { class: "quiet", text: `They could not be loaded: ${reasonOf(error)}.` }));
    }
  }

  /** @param {number} version @param {string} words */
  function row(version, words) {
    const button = make("button", { class: "row deed", type: "button" }, make("span", { text: words }), make("span", { class: "quiet", text: count(version) }));
    button.addEventListener("click", () => go(version));
    return button;
  }

  return [toggle, place];
}
