/** What others changed since one was here last: shown when one comes back, until it is marked as read. */

import { History } from "../client/history.js";
import { diff } from "../client/operation.js";
import { historyOf, root } from "./api.js";
import { byId, make } from "./dom.js";
import { shortened } from "./event-words.js";
import { closeOnLeave } from "./fold.js";
import { colorOf, listed, nameOf } from "./names.js";
import { guestToken } from "./person.js";
import { ago } from "./time.js";
import { carried, unreadOf } from "./unread.js";

/** @typedef {import("../client/index.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/history.js").EditingSession} EditingSession */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("./unread.js").Unread} Unread */

/** While one looks on, what one has seen is noted so often. */
const NOTE_MS = 5000;

/** Who comes back to a page that was hidden for so long comes back to the document. */
const AWAY_MS = 300_000;

export class Since {
  #doc;
  #history;
  #editor;
  #bar = byId("since", HTMLElement);
  /** @type {Unread[]} */
  #unread = [];
  /** Of those, the one that is looked at; -1 before the first. */
  #current = -1;
  /** Whether all up to now has been seen: then what comes is seen as it comes. */
  #caughtUp = false;
  #looked = false;
  #noted = 0;
  #hiddenAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {CollabDocument} doc that has been synced
   * @param {import("./editor-shape.js").PageEditor} editor
   */
  constructor(doc, editor) {
    this.#doc = doc;
    this.#editor = editor;
    this.#history = new History(root, doc.document, guestToken());
    byId("since-read", HTMLButtonElement).addEventListener("click", () => this.#read());
    byId("since-before", HTMLButtonElement).addEventListener("click", () => this.#go(-1));
    byId("since-after", HTMLButtonElement).addEventListener("click", () => this.#go(1));
    closeOnLeave(byId("since-sessions", HTMLDetailsElement));
    doc.on("change", ({ operation }) => {
      this.#unread = carried(this.#unread, operation);
      this.#noteSoon();
    });
    document.addEventListener("visibilitychange", () => this.#turned());
    doc.on("connection", () => this.#connected());
    this.#connected();
  }

  #connected() {
    if (this.#doc.connection !== "connected") return;
    if (this.#looked) return this.#noteSoon();
    this.#looked = true;
    void this.#look();
  }

  /** What is new is asked for. */
  async #look() {
    const doc = this.#doc;
    try {
      const { seen, seen_at, author } = await this.#history.visit();
      if (seen !== null && seen_at !== null && seen < doc.version) {
        const sessions = (await this.#history.sessions({ after: seen })).filter((session) => session.author !== author);
        if (sessions.length > 0) {
          return this.#show(seen, new Date(seen_at), sessions, await this.#changes(seen, author));
        }
      }
    } catch {
      this.#looked = false; // when there is a connection again; until then nothing is shown, and nothing noted
      return;
    }
    this.#caughtUp = true;
    this.#noteSoon();
  }

  /**
   * @param {number} seen
   * @param {string} author
   * @returns {Promise<Unread[]>} at their places in the text that is shown
   */
  async #changes(seen, author) {
    const { version, pending, confirmedText, text } = this.#doc;
    /** @type {Operation[]} */
    const since = pending > 0 ? [diff(confirmedText, text)] : [];
    const off = this.#doc.on("change", ({ operation }) => since.push(operation));
    try {
      const { parts } = await this.#history.diff(seen, version);
      return since.reduce(carried, unreadOf(parts, author));
    } finally {
      off();
    }
  }

  /** @param {number} seen @param {Date} at @param {readonly EditingSession[]} sessions @param {Unread[]} unread */
  #show(seen, at, sessions, unread) {
    const authors = [...new Set(sessions.map(({ author }) => author))];
    /** @param {"inserted" | "deleted"} what */
    const sum = (what) => sessions.reduce((total, session) => total + session[what], 0);
    const size = [sum("inserted") && `+${sum("inserted")}`, sum("deleted") && `−${sum("deleted")}`].filter(Boolean).join(" ");
    byId("since-text", HTMLElement).textContent = `Since you were here ${ago(at, new Date())}: ${listed(authors, authors.length)} ${size}`.trim();
    byId("since-list", HTMLElement).replaceChildren(...sessions.toReversed().map((session) => make("li", {}, this.#row(session))));
    byId("since-history", HTMLAnchorElement).href = `${historyOf(this.#doc.document)}#v=${seen}..${this.#doc.version}`;
    this.#unread = unread;
    this.#current = -1;
    this.#tell();
    this.#bar.hidden = false;
  }

  /** @param {EditingSession} session */
  #row({ author, last, ended, inserted, deleted }) {
    const by = make("b", { class: "author", text: nameOf(author) });
    by.style.setProperty("--peer", colorOf(author));
    const time = make("time", { datetime: ended, text: ago(new Date(ended), new Date()) });
    const link = make("a", { class: "row", href: `${historyOf(this.#doc.document)}#v=${last}` });
    link.append(make("span", {}, by, ` +${inserted} −${deleted}`), make("span", { class: "quiet" }, time, ` · version ${last}`));
    return link;
  }

  /** @param {1 | -1} by */
  #go(by) {
    const { length } = this.#unread;
    this.#current = (Math.max(this.#current, by > 0 ? -1 : 0) + by + length) % length;
    const { from, to } = this.#unread[this.#current];
    this.#editor.reveal(from);
    this.#editor.highlight({ from, to });
    this.#tell();
  }

  #tell() {
    const { length } = this.#unread;
    const many = length === 1 ? "1 change" : `${length} changes`;
    byId("since-count", HTMLOutputElement).value = this.#current < 0 ? many : `${this.#current + 1} of ${many}`;
    for (const id of ["since-before", "since-after"]) byId(id, HTMLButtonElement).disabled = length === 0;
    byId("since-change", HTMLElement).textContent = this.#current < 0 ? "" : words(this.#unread[this.#current]);
  }

  #read() {
    this.#bar.hidden = true;
    this.#unread = [];
    this.#editor.highlight(null);
    this.#editor.focus();
    this.#caughtUp = true;
    this.#note();
  }

  #turned() {
    if (document.hidden) {
      this.#hiddenAt = Date.now();
      return this.#note({ keepalive: true });
    }
    if (Date.now() - this.#hiddenAt < AWAY_MS || !this.#caughtUp) return;
    this.#caughtUp = false;
    void this.#look();
  }

  #noteSoon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (!document.hidden) this.#note();
    }, NOTE_MS);
  }

  /** @param {{ keepalive?: boolean }} [options] */
  #note(options) {
    const { version } = this.#doc;
    if (!this.#caughtUp || version <= this.#noted || this.#doc.connection !== "connected") return;
    this.#noted = version;
    this.#history.markSeen(version, options).catch(() => (this.#noted = 0)); // the next change notes it again
  }
}

/** @param {Unread} unread @returns {string} such as "Ana wrote “at nine” and deleted “at ten”" */
function words({ author, inserted, deleted }) {
  const deeds = [inserted && `wrote ${shortened(inserted)}`, deleted && `deleted ${shortened(deleted)}`].filter(Boolean);
  return `${nameOf(author)} ${deeds.join(" and ")}`;
}
