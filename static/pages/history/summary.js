/** What version one sees: which of how many, when and by whom, what it did, and its name. */

import { byId, make } from "../dom.js";
import { eventWords } from "../event-words.js";
import { colorOf, nameOf } from "../names.js";
import { count, moment, spoken } from "./words.js";

/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/** Whoever rests so long on a version is told what it did. */
const REST_MS = 300;

/** While it plays, or somebody drags, no more is said aloud than this. */
const SAY_MS = 3000;

/** @param {Viewing} viewing @param {Facts} facts @param {History} history */
export function showSummary(viewing, facts, history) {
  const line = byId("moment", HTMLElement);
  const deed = make("span", { class: "quiet" });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let resting;

  const draw = () => {
    const { version, newest, event } = viewing;
    const name = facts.named.find((named) => named.version === version)?.name;
    const parts = [make("b", { text: `Version ${count(version)}` }), ` of ${count(newest)}`];
    if (name) parts.push(" · ", make("span", { class: "row-star", text: "★" }), ` ${name}`);
    if (event) {
      const by = make("b", { class: "author", text: nameOf(event.author) });
      by.style.setProperty("--peer", colorOf(event.author));
      const at = new Date(event.at);
      parts.push(" · ", make("time", { datetime: at.toISOString(), text: moment(event.at) }), " · ", by, " ", deed);
    }
    line.replaceChildren(...parts);
  };
  const rest = async () => {
    const { version } = viewing;
    try {
      for await (const event of history.events({ after: version - 1, until: version })) {
        if (version === viewing.version) deed.textContent = eventWords(event);
      }
    } catch {
      deed.textContent = ""; // without it the line says the same
    }
  };
  viewing.on("moved", () => {
    deed.textContent = "";
    draw();
  });
  viewing.on("shown", (version) => {
    draw();
    clearTimeout(resting);
    if (version > 0) resting = setTimeout(() => void rest(), REST_MS);
  });
  facts.on("known", draw);
  sayAloud(viewing);
  draw();
}

/** For whoever hears the page: the slider says it by itself while it has the focus. @param {Viewing} viewing */
function sayAloud(viewing) {
  const said = byId("said", HTMLElement);
  let last = viewing.version;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  viewing.on("shown", () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (document.activeElement?.id === "slider" || viewing.version === last) return;
      last = viewing.version;
      said.textContent = spoken(viewing.version, viewing.event);
    }, SAY_MS);
  });
}
