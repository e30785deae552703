/** The document's past: versions that have a name, and who worked on it when. Any of them can be read and brought back. */

import { byId, make } from "./dom.js";
import { colorOf, nameOf } from "./names.js";
import { reasonOf } from "./reason.js";
import { ago } from "./time.js";

/** @typedef {import("../client/index.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/history.js").EditingSession} EditingSession */
/** @typedef {import("../client/history.js").NamedVersion} NamedVersion */

/** Sessions that are listed, the last ones. */
const MOST = 100;

export class PastPanel {
  #doc;
  #say;
  #panel = byId("past", HTMLElement);
  #list = byId("past-list", HTMLElement);
  /** Of the version that is being looked at. */
  #shown = 0;

  /** @param {CollabDocument} doc @param {(news: string) => void} say */
  constructor(doc, say) {
    this.#doc = doc;
    this.#say = say;
    byId("version-restore", HTMLButtonElement).addEventListener("click", () => void this.#restore());
    const dialog = byId("version", HTMLDialogElement);
    byId("version-close", HTMLButtonElement).addEventListener("click", () => dialog.close());
  }

  get isOpen() {
    return !this.#panel.hidden;
  }

  async open() {
    this.#panel.hidden = false;
    this.#list.replaceChildren(make("p", { class: "quiet", text: "Loading…" }));
    try {
      const [named, sessions] = await Promise.all([this.#doc.versions(), this.#doc.sessions()]);
      this.#list.replaceChildren(...this.#named(named), ...this.#sessions(sessions.slice(-MOST).reverse()));
    } catch (error) {
      this.#list.replaceChildren(make("p", { class: "quiet", text: `The history could not be loaded: ${reasonOf(error)}.` }));
    }
  }

  close() {
    this.#panel.hidden = true;
  }

  /** @param {readonly NamedVersion[]} named @returns {HTMLElement[]} */
  #named(named) {
    if (named.length === 0) return [];
    const rows = named.map(({ version, name, author, at }) => this.#row(version, `★ ${name}`, author, new Date(at))).reverse();
    return [make("h3", { class: "drawer-label", text: "Named versions" }), make("ul", { class: "rows" }, ...rows)];
  }

  /** @param {readonly EditingSession[]} sessions the last first @returns {HTMLElement[]} by day */
  #sessions(sessions) {
    if (sessions.length === 0) return [make("p", { class: "quiet", text: "Nothing has been written here yet." })];
    const days = Map.groupBy(sessions, ({ ended }) => new Date(ended).toLocaleDateString(undefined, { dateStyle: "full" }));
    return [...days].flatMap(([day, ofDay]) => {
      const rows = ofDay.map(({ last, author, ended, inserted, deleted }) => {
        const size = [inserted && `+${inserted}`, deleted && `−${deleted}`].filter(Boolean).join(" ") || "no text changed";
        return this.#row(last, size, author, new Date(ended));
      });
      return [make("h3", { class: "drawer-label", text: day }), make("ul", { class: "rows" }, ...rows)];
    });
  }

  /** @param {number} version @param {string} what @param {string} author @param {Date} at */
  #row(version, what, author, at) {
    const by = make("b", { class: "author", text: nameOf(author) });
    by.style.setProperty("--peer", colorOf(author));
    const time = make("time", { datetime: at.toISOString(), title: at.toLocaleString(), text: ago(at, new Date()) });
    const detail = make("span", { class: "quiet" }, `version ${version} · `, time);
    const look = make("button", { class: "row", type: "button" }, make("span", {}, by, ` ${what}`), detail);
    look.addEventListener("click", () => void this.#look(version));
    return make("li", {}, look);
  }

  /** @param {number} version */
  async #look(version) {
    try {
      const { text, at } = await this.#doc.at(version);
      this.#shown = version;
      byId("version-label", HTMLElement).textContent = `Version ${version}`;
      byId("version-detail", HTMLElement).textContent = at ? `As it was on ${new Date(at).toLocaleString()}` : "";
      byId("version-text", HTMLElement).textContent = text || "(empty)";
      byId("version-restore", HTMLButtonElement).disabled = !this.#doc.editable;
      byId("version", HTMLDialogElement).showModal();
    } catch (error) {
      this.#say(`Version ${version} could not be loaded: ${reasonOf(error)}`);
    }
  }

  async #restore() {
    byId("version", HTMLDialogElement).close();
    try {
      await this.#doc.restore(this.#shown);
      this.#say(`Version ${this.#shown} is back. What was there before is a version too: nothing is lost.`);
      if (this.isOpen) void this.open();
    } catch (error) {
      this.#say(`It could not be brought back: ${reasonOf(error)}`);
    }
  }
}
