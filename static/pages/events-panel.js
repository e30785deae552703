/** The developer's panel: the log's last events in words, and how long an answer takes. */

import { copy, byId, make } from "./dom.js";
import { eventWords } from "./event-words.js";
import { colorOf, nameOf } from "./names.js";
import { reasonOf } from "./reason.js";

/** @typedef {import("../client/index.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/messages.js").LogEvent} LogEvent */

const MOST = 20;

/** The figures are taken so often while the panel is open. */
const EVERY_MS = 1000;

export class EventsPanel {
  #doc;
  #say;
  #panel = byId("events", HTMLElement);
  #list = byId("event-list", HTMLElement);
  /** @type {LogEvent[]} */
  #events = [];
  /** @type {(() => void) | null} */
  #off = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #drawing = false;

  /** @param {CollabDocument} doc @param {(news: string) => void} say */
  constructor(doc, say) {
    this.#doc = doc;
    this.#say = say;
    byId("copy-reproduction", HTMLButtonElement).addEventListener("click", async () => {
      const done = await copy(await doc.reproduction());
      say(done ? "Copied what this page saw and sent: “collab reproduce” plays it again" : "It could not be copied");
    });
  }

  async open() {
    this.#panel.hidden = false;
    this.#off ??= this.#doc.on("events", (events) => this.#take(events));
    this.#timer ??= setInterval(() => void this.#figures(), EVERY_MS);
    void this.#figures();
    this.#draw();
    const following = this.#off;
    try {
      for await (const event of this.#doc.history({ after: Math.max(0, this.#doc.version - MOST) })) {
        if (this.#off !== following) return; // closed meanwhile
        this.#take([event]);
      }
    } catch (error) {
      this.#say(`The last events could not be read: ${reasonOf(error)}`);
    }
  }

  close() {
    this.#panel.hidden = true;
    this.#off?.();
    this.#off = null;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#events = []; // they go on without us
  }

  /** @param {readonly LogEvent[]} events of the stream, or read: each is shown once */
  #take(events) {
    const known = new Set(this.#events.map(({ seq }) => seq));
    this.#events.push(...events.filter(({ seq }) => !known.has(seq)));
    this.#events.sort((a, b) => a.seq - b.seq);
    this.#events.splice(0, this.#events.length - MOST);
    if (this.#drawing) return;
    this.#drawing = true; // many may come in one frame of the screen
    requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#drawing = false;
    this.#list.replaceChildren(...this.#events.map(row).reverse());
  }

  async #figures() {
    const { latency, pending, bridge, frames } = await this.#doc.debug();
    const { count, p50, p99 } = latency;
    const trips = count > 0 && p50 !== null && p99 !== null ? `round trip ${p50.toFixed(1)} ms, at worst ${p99.toFixed(1)} ms of ${count}` : "no round trip yet";
    const text = `Version ${this.#doc.version} · ${trips} · ${pending.length} pending · bridge ${bridge} · ${frames.length} frames`;
    byId("figures", HTMLElement).textContent = text;
  }
}

/** @param {LogEvent} event @returns {HTMLLIElement} */
function row(event) {
  const author = make("b", { class: "author", text: nameOf(event.author ?? "") });
  author.style.setProperty("--peer", colorOf(event.author ?? ""));
  const at = new Date((event.at ?? 0) / 1000);
  const size = new TextEncoder().encode(JSON.stringify(event)).length;
  const foot = make("span", { class: "quiet", text: `${size} bytes · ` }, make("time", { datetime: at.toISOString(), text: at.toLocaleTimeString() }));
  return make("li", { class: "event" }, make("span", { class: "seq", text: `${event.seq}` }), make("span", {}, author, ` ${eventWords(event)}`), foot);
}
