/** The menu of a document: what one does more rarely. */

import { exportAddress } from "./api.js";
import { byId, make } from "./dom.js";
import { closeOnLeave } from "./fold.js";

/** @type {["text" | "markdown" | "json" | "history", string][]} */
const FORMATS = [
  ["text", "Text"],
  ["markdown", "Markdown"],
  ["json", "JSON"],
  ["history", "With all of its history"],
];

/** @typedef {{ open: () => unknown, close: () => void }} Panel */

/**
 * @param {import("../client/index.js").CollabDocument} doc
 * @param {{ askForName: () => void, events: Panel, showAuthors: (shown: boolean) => unknown }} parts
 */
export function showMenu(doc, { askForName, events, showAuthors }) {
  const menu = byId("menu", HTMLDetailsElement);
  closeOnLeave(menu);
  byId("name-version", HTMLButtonElement).addEventListener("click", () => {
    menu.open = false;
    askForName();
  });
  const links = FORMATS.map(([format, label]) => make("a", { href: exportAddress(doc.document, format), download: "", text: label }));
  byId("downloads", HTMLElement).replaceChildren(...links.map((link) => make("li", {}, link)));

  onSwitch("show-authors", showAuthors);
  onSwitch("go-offline", (offline) => (offline ? doc.disconnect() : doc.reconnect()));
  const setEvents = onSwitch("show-events", (open) => {
    if (!open) return events.close();
    menu.open = false;
    void events.open();
    byId("event-list", HTMLElement).focus();
  });
  const close = () => {
    events.close();
    setEvents(false);
    menu.querySelector("summary")?.focus();
  };
  byId("close-events", HTMLButtonElement).addEventListener("click", close);
  byId("events", HTMLElement).addEventListener("keydown", ({ key }) => key === "Escape" && close());
}

/**
 * @param {string} id of a switch
 * @param {(on: boolean) => unknown} act
 * @returns {(on: boolean) => void} sets how it looks
 */
function onSwitch(id, act) {
  const button = byId(id, HTMLButtonElement);
  /** @param {boolean} on */
  const set = (on) => button.setAttribute("aria-checked", String(on));
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-checked") !== "true";
    set(on);
    act(on);
  });
  return set;
}
