/** When a text appeared in the document, and when it disappeared. */

import { byId, make } from "../dom.js";
import { nameOf } from "../names.js";
import { reasonOf } from "../reason.js";
import { count, moment } from "./words.js";

/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("../../client/history.js").Sighting} Sighting */

/** Sightings that are listed. */
const MOST = 200;

/**
 * @param {History} history
 * @param {{ appeared: (sighting: Sighting) => void, disappeared: (sighting: Sighting) => void }} show one of them
 */
export function offerFinding(history, { appeared, disappeared }) {
  const form = byId("find", HTMLFormElement);
  const field = byId("sought", HTMLInputElement);
  const rows = byId("found", HTMLElement);
  let asked = 0;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value;
    const mine = (asked += 1);
    if (text.trim() === "") return clear();
    tell(make("p", { class: "quiet", text: "Searching the whole history…" }));
    try {
      const sightings = await history.search(text);
      if (mine === asked) tell(...listed(text, sightings));
    } catch (error) {
      if (mine === asked) tell(make("p", { class: "quiet", text: `The search failed: ${reasonOf(error)}.` }));
    }
  });
  field.addEventListener("input", () => field.value === "" && clear());

  function clear() {
    asked += 1;
    rows.hidden = true;
  }

  /** @param {Node[]} nodes */
  function tell(...nodes) {
    rows.hidden = false;
    rows.replaceChildren(...nodes);
  }

  /** @param {string} text @param {readonly Sighting[]} sightings */
  function listed(text, sightings) {
    if (sightings.length === 0) return [make("p", { text: `“${text}” was never in this document.` })];
    const head = sightings.length === 1 ? "1 change" : `${count(sightings.length)} changes${sightings.length > MOST ? `, the first ${MOST} of them` : ""}`;
    const items = sightings.slice(0, MOST).map((sighting) => make("li", {}, row(sighting)));
    return [make("p", { class: "quiet", text: `“${text}”: ${head}` }), make("ul", { class: "rows" }, ...items)];
  }

  /** @param {Sighting} sighting */
  function row(sighting) {
    const { kind, version, author, at } = sighting;
    const head = make("span", {}, make("b", { text: kind === "appeared" ? "Appeared" : "Disappeared" }), ` by ${nameOf(author)}`);
    const detail = make("span", { class: "quiet", text: `${moment(Date.parse(at))} · version ${count(version)}` });
    const button = make("button", { class: "row", type: "button" }, head, detail);
    button.addEventListener("click", () => (kind === "appeared" ? appeared(sighting) : disappeared(sighting)));
    return button;
  }
}
