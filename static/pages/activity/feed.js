/**
 * The sessions on the page, by day. What goes on changes in place. Its way to the top, and what is new, wait for whoever
 * has scrolled down, or goes through the rows by keyboard: nothing moves under a reader.
 */

import { byId, make } from "../dom.js";
import { rowOf } from "./row.js";
import { keyOf, merged } from "./sessions.js";
import { dayOf, newOnes } from "./words.js";

/** @typedef {import("../models.js").Filter} Filter */
/** @typedef {import("../models.js").Session} Session */
/** @typedef {import("./row.js").Row} Row */

/** Scrolled so far, one reads. */
const SCROLLED = 80;

export class Feed {
  #filter;
  #place = byId("feed", HTMLElement);
  #newer = byId("newer", HTMLButtonElement);
  /** As they are now. @type {Session[]} */
  #known = [];
  /** As they stand on the page, where they may not be moved. @type {Session[]} */
  #standing = [];
  /** @type {Map<string, Row>} */
  #rows = new Map();

  /** @param {Filter} filter */
  constructor(filter) {
    this.#filter = filter;
    this.#newer.addEventListener("click", () => {
      window.scrollTo({ top: 0 });
      this.#place.focus({ preventScroll: true });
      this.#arrange();
    });
    addEventListener("scroll", () => !this.#newer.hidden && !this.#isRead() && this.#arrange(), { passive: true });
  }

  /** @returns {readonly Session[]} */
  get sessions() {
    return this.#known;
  }

  /** @param {readonly Session[]} sessions that are new, or have gone on */
  take(sessions) {
    this.#known = merged(this.#known, sessions);
    if (this.#isRead()) this.#hold();
    else this.#arrange();
  }

  /** @param {readonly Session[]} sessions older than all of them */
  add(sessions) {
    const before = this.#known.at(-1)?.position ?? Infinity;
    this.#known = merged(this.#known, sessions);
    const first = this.#known.find(({ position }) => position < before);
    this.#standing = [...this.#standing, ...this.#known.filter(({ position }) => position < before)];
    this.#draw();
    if (first) this.#rows.get(keyOf(first))?.element.querySelector("a")?.focus();
  }

  /** Time has passed. */
  tick() {
    if (this.#isRead()) this.#draw();
    else this.#arrange();
  }

  #isRead() {
    const focused = document.activeElement;
    return window.scrollY > SCROLLED || (focused !== this.#place && this.#place.contains(focused));
  }

  /** Show all as it is. */
  #arrange() {
    this.#standing = this.#known;
    this.#newer.hidden = true;
    this.#draw();
  }

  /** Change what is there, and count what isn't. */
  #hold() {
    const top = this.#standing[0]?.position ?? 0;
    const waiting = this.#known.filter(({ position }) => position > top).length;
    const text = newOnes(waiting);
    if (this.#newer.hidden && waiting > 0) byId("news", HTMLElement).textContent = text;
    this.#newer.hidden = waiting === 0;
    this.#newer.textContent = text;
    this.#draw();
  }

  #draw() {
    const now = new Date();
    const current = new Map(this.#known.map((session) => [keyOf(session), session]));
    const rows = new Map(this.#standing.map((session) => [keyOf(session), this.#rows.get(keyOf(session)) ?? rowOf(session, this.#filter)]));
    for (const session of this.#standing) rows.get(keyOf(session))?.show(current.get(keyOf(session)) ?? session, now);
    this.#rows = rows;
    const byDay = Map.groupBy(this.#standing, ({ ended }) => dayOf(new Date(ended), now));
    const parts = new Map([.../** @type {HTMLCollectionOf<HTMLElement>} */ (this.#place.children)].map((part) => [part.dataset.day, part]));
    arrange(this.#place, [...byDay].map(([day, sessions]) => {
      const part = parts.get(day) ?? partOf(day);
      const list = /** @type {HTMLElement} */ (part.lastElementChild);
      arrange(list, sessions.map((session) => /** @type {Row} */ (rows.get(keyOf(session))).element));
      return part;
    }));
  }
}

/** @param {string} day */
function partOf(day) {
  const part = make("section", { class: "part" }, make("h2", { class: "label", text: day }), make("ul", { class: "sessions" }));
  part.dataset.day = day;
  return part;
}

/** Let these be the children, in this order, without touching those that are in their place. @param {HTMLElement} parent @param {HTMLElement[]} wanted */
function arrange(parent, wanted) {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  let next = parent.firstElementChild;
  for (const element of wanted) {
    if (element === next) next = next.nextElementSibling;
    else parent.insertBefore(element, next);
  }
}
