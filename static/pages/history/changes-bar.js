/** Showing what changed: compared with what, and from one change to the next. */

import { placeBefore } from "../../replay/places.js";
import { byId } from "../dom.js";
import { count } from "./words.js";

/** @typedef {import("../../editors/paper.js").Paper} Paper */
/** @typedef {import("./viewing.js").Viewing} Viewing */

export class ChangesBar {
  #viewing;
  #facts;
  #paper;
  #button = byId("changes", HTMLButtonElement);
  #bar = byId("comparing", HTMLElement);
  #against = byId("against", HTMLSelectElement);
  #older = byId("older", HTMLInputElement);
  #count = byId("change-count", HTMLOutputElement);
  #changes = 0;
  /** Of the change that is looked at; -1 before the first. */
  #current = -1;

  /** @param {Viewing} viewing @param {import("./facts.js").Facts} facts @param {Paper} paper */
  constructor(viewing, facts, paper) {
    this.#viewing = viewing;
    this.#facts = facts;
    this.#paper = paper;
    this.#button.addEventListener("click", () => this.toggle());
    this.#against.addEventListener("change", () => {
      if (this.#against.value === "chosen") this.#older.value = String(Math.max(0, viewing.version - 1));
      this.#compare();
    });
    this.#older.addEventListener("input", () => this.#compare());
    byId("comparing", HTMLFormElement).addEventListener("submit", (event) => event.preventDefault());
    byId("change-before", HTMLButtonElement).addEventListener("click", () => this.go(-1));
    byId("change-after", HTMLButtonElement).addEventListener("click", () => this.go(1));
    // Where sessions begin, and what has a name, is known by now.
    facts.on("known", () => this.isOn && ["session", "named"].includes(this.#against.value) && this.#compare());
    viewing.on("changes", (changes) => this.#found(changes));
  }

  get isOn() {
    return !this.#bar.hidden;
  }

  toggle() {
    this.#bar.hidden = !this.#bar.hidden;
    this.#compare();
  }

  /** Show what changed since a version, whichever is looked at. @param {number} version */
  since(version) {
    this.#bar.hidden = false;
    this.#against.value = "chosen";
    this.#older.value = String(version);
    this.#compare();
  }

  /** Show what this very version changed. */
  here() {
    this.#bar.hidden = false;
    this.#against.value = "previous";
    this.#compare();
  }

  /** @param {1 | -1} by */
  go(by) {
    if (this.#changes === 0) return;
    this.#current = (Math.max(this.#current, by > 0 ? -1 : 0) + by + this.#changes) % this.#changes;
    this.#paper.revealChange(this.#current);
    this.#tell();
  }

  #compare() {
    this.#button.setAttribute("aria-pressed", String(this.isOn));
    this.#older.hidden = this.#against.value !== "chosen";
    this.#older.max = String(this.#viewing.newest);
    this.#current = -1;
    this.#viewing.compare(this.isOn ? (version) => this.#olderOf(version) : null);
  }

  /** @param {number} version @returns {number | null} */
  #olderOf(version) {
    const older = this.#chosen(version);
    return older < version ? Math.max(0, older) : null;
  }

  /** @param {number} version */
  #chosen(version) {
    switch (this.#against.value) {
      case "session":
        return (this.#facts.sessions.findLast(({ first, last }) => first <= version && version <= last)?.first ?? version) - 1;
      case "named":
        return placeBefore(this.#facts.stars, version) ?? 0;
      case "chosen":
        return this.#older.valueAsNumber || 0;
      default:
        return version - 1;
    }
  }

  /** @param {number} changes */
  #found(changes) {
    if (changes !== this.#changes) this.#current = -1;
    this.#changes = changes;
    if (changes > 0 && this.#current < 0) this.go(1);
    this.#tell();
  }

  #tell() {
    const many = this.#changes === 1 ? "1 change" : `${count(this.#changes)} changes`;
    this.#count.value = this.#current < 0 ? many : `${count(this.#current + 1)} of ${many}`;
    for (const id of ["change-before", "change-after"]) byId(id, HTMLButtonElement).disabled = this.#changes === 0;
  }
}
