/** The list of what was done: sessions by day, the newest first, and the versions that have a name. */

import { byId, make } from "../dom.js";
import { colorOf, nameOf } from "../names.js";
import { deedsOf } from "./deeds.js";
import { count } from "./words.js";

/** @typedef {import("../../client/history.js").EditingSession} EditingSession */
/** @typedef {import("../../client/history.js").NamedVersion} NamedVersion */
/** @typedef {import("./viewing.js").Viewing} Viewing */
/** @typedef {{ version: number, first: number, at: Date, author: string, what: string, session?: EditingSession }} Row `session`, if it is one */

/** Rows drawn at first, and more each time they are asked for. */
const MOST_ROWS = 300;

const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export class VersionList {
  #viewing;
  #facts;
  #history;
  #rows = byId("rows", HTMLElement);
  #by = byId("by", HTMLSelectElement);
  #onlyNamed = byId("only-named", HTMLInputElement);
  #most = MOST_ROWS;
  /** Of the rows on the page. @type {{ button: HTMLButtonElement, row: Row }[]} */
  #drawn = [];

  /** @param {Viewing} viewing @param {import("./facts.js").Facts} facts @param {import("../../client/history.js").History} history */
  constructor(viewing, facts, history) {
    this.#viewing = viewing;
    this.#facts = facts;
    this.#history = history;
    const again = () => {
      this.#most = MOST_ROWS;
      this.#draw();
    };
    this.#by.addEventListener("change", again);
    this.#onlyNamed.addEventListener("change", again);
    viewing.on("moved", () => this.#mark());
    facts.on("known", () => this.#know());
  }

  #know() {
    const { sessions, named } = this.#facts;
    const authors = [...new Set([...sessions, ...named].map(({ author }) => author))].sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
    const chosen = this.#by.value;
    this.#by.replaceChildren(...["", ...authors].map((author) => make("option", { value: author, text: author === "" ? "Everybody" : nameOf(author) })));
    this.#by.value = authors.includes(chosen) ? chosen : "";
    this.#draw();
  }

  /** @returns {Row[]} those that are wanted, the newest first */
  #wanted() {
    const by = this.#by.value;
    const sessions = this.#onlyNamed.checked ? [] : this.#facts.sessions.map(sessionRow);
    return [...sessions, ...this.#facts.named.map(namedRow)]
      .filter(({ author }) => by === "" || author === by)
      .sort((a, b) => b.version - a.version || Number(!b.session) - Number(!a.session));
  }

  #draw() {
    const wanted = this.#wanted();
    this.#drawn = wanted.slice(0, this.#most).map((row) => ({ row, button: this.#button(row) }));
    const byDay = Map.groupBy(this.#drawn, ({ row }) => days.format(row.at));
    /** @type {HTMLElement[]} */
    const parts = [...byDay].flatMap(([day, drawn]) => {
      const items = drawn.map(({ button, row }) => make("li", { class: "session" }, button, ...this.#deeds(row)));
      return [make("h3", { class: "drawer-label", text: day }), make("ul", { class: "rows" }, ...items)];
    });
    if (wanted.length > this.#most) parts.push(this.#more(wanted.length - this.#most));
    if (wanted.length === 0) parts.push(make("p", { class: "quiet", text: this.#nothing() }));
    this.#rows.replaceChildren(...parts);
    this.#mark();
  }

  #nothing() {
    if (this.#onlyNamed.checked) return "No version has a name yet.";
    return this.#facts.sessions.length > 0 ? "Nothing by this author." : "Nothing has been written here yet.";
  }

  /** @param {number} left */
  #more(left) {
    const button = make("button", { class: "button", type: "button", text: `Show earlier ones (${count(left)})` });
    button.addEventListener("click", () => {
      const before = this.#drawn.length;
      this.#most += MOST_ROWS;
      this.#draw();
      this.#drawn[before]?.button.focus();
    });
    return button;
  }

  /** @param {Row} row */
  #deeds({ session }) {
    return session ? deedsOf(session, this.#history, (version) => this.#viewing.go(version)) : [];
  }

  /** @param {Row} row */
  #button({ version, at, author, what, session }) {
    const by = make("b", { class: "author", text: nameOf(author) });
    by.style.setProperty("--peer", colorOf(author));
    const time = make("time", { datetime: at.toISOString(), title: at.toLocaleString("en-GB"), text: clock.format(at) });
    const detail = make("span", { class: "quiet" }, time, ` · version ${count(version)}`);
    const head = !session ? make("span", {}, make("span", { class: "row-star", text: "★ " }), make("b", { text: what }), " ", by) : make("span", {}, by, ` ${what}`);
    const button = make("button", { class: "row", type: "button" }, head, detail);
    button.addEventListener("click", () => this.#viewing.go(version));
    return button;
  }

  /** Where one is: the session, or the named version. */
  #mark() {
    const { version } = this.#viewing;
    const here = this.#drawn.find(({ row }) => row.version === version) ?? this.#drawn.find(({ row }) => row.first <= version && version <= row.version);
    for (const { button, row } of this.#drawn) {
      if (row === here?.row) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    if (this.#rows.offsetParent !== null && !this.#rows.contains(document.activeElement)) scrollTo(this.#rows, here?.button);
  }
}

/** Without moving the page. @param {HTMLElement} box @param {HTMLElement | undefined} inner */
function scrollTo(box, inner) {
  if (!inner) return;
  const [outside, inside] = [box.getBoundingClientRect(), inner.getBoundingClientRect()];
  if (inside.top < outside.top || inside.bottom > outside.bottom) box.scrollTop += inside.top - outside.top - outside.height / 3;
}

/** @param {EditingSession} session @returns {Row} */
function sessionRow(session) {
  const { first, last, author, ended, inserted, deleted } = session;
  const what = [inserted && `+${count(inserted)}`, deleted && `−${count(deleted)}`].filter(Boolean).join(" ") || "no text changed";
  return { version: last, first, at: new Date(ended), author, what, session };
}

/** @param {NamedVersion} named @returns {Row} */
function namedRow({ version, name, author, at }) {
  return { version, first: version, at: new Date(at), author, what: name };
}
