/** Playing: the buttons, the speed, and a frame after the other. */

import { Player, RATE, SPEEDS } from "../../replay/player.js";
import { byId, make } from "../dom.js";

/** @typedef {import("../../replay/past.js").Past} Past */
/** @typedef {import("../../replay/player.js").Speed} Speed */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/** Before what is loaded is at its end, so many milliseconds of playing, the next part is loaded. */
const AHEAD_MS = 2000;

export class Playing {
  #viewing;
  #past;
  #player = new Player();
  #button = byId("play", HTMLButtonElement);
  #select = byId("speed", HTMLSelectElement);
  #frame = 0;
  #last = 0;

  /** @param {Viewing} viewing @param {Past} past */
  constructor(viewing, past) {
    this.#viewing = viewing;
    this.#past = past;
    this.#select.replaceChildren(...SPEEDS.map((speed) => make("option", { value: String(speed), text: speed === "real" ? "Real time" : `${speed}×` })));
    this.#select.addEventListener("change", () => (this.#player.speed = SPEEDS[this.#select.selectedIndex]));
    this.#button.addEventListener("click", () => this.toggle());
    // Whoever goes elsewhere while it plays, plays on from there; only the end ends it.
    document.addEventListener("visibilitychange", () => document.hidden && this.pause());
  }

  get isOn() {
    return this.#frame !== 0;
  }

  toggle() {
    if (this.isOn) this.pause();
    else this.play();
  }

  /** From the beginning, if it is at the end. */
  play() {
    if (this.#viewing.version >= this.#viewing.newest) this.#viewing.go(0);
    this.#last = performance.now();
    this.#frame = requestAnimationFrame((now) => this.#step(now));
    this.#look();
  }

  pause() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#look();
  }

  /** @param {1 | -1} by */
  changeSpeed(by) {
    this.#select.selectedIndex = Math.min(Math.max(0, this.#select.selectedIndex + by), SPEEDS.length - 1);
    this.#player.speed = SPEEDS[this.#select.selectedIndex];
  }

  /** @returns {string} such as "10×" */
  get speedWords() {
    return this.#select.selectedOptions[0].text;
  }

  /** @param {number} now */
  #step(now) {
    const { version, newest, isExact } = this.#viewing;
    const passed = now - this.#last;
    this.#last = now;
    // What is not on the screen yet does not pass by unseen.
    const next = isExact ? Math.min(newest, this.#player.advance(passed, version, (of) => this.#timeOf(of))) : version;
    if (next !== version) this.#viewing.go(next);
    if (next >= newest) return this.pause();
    this.#loadAhead(next);
    // Asked for after the version, so that on the next frame that is on the screen first.
    this.#frame = requestAnimationFrame((later) => this.#step(later));
  }

  /** @param {number} version */
  #timeOf(version) {
    return version > 0 ? this.#past.partOf(version)?.timeOf(version) : undefined;
  }

  /** @param {number} version */
  #loadAhead(version) {
    const { speed } = this.#player;
    const soon = (AHEAD_MS / 1000) * RATE * (speed === "real" ? 1 : speed);
    const wanted = Math.min(this.#viewing.newest, Math.ceil(version + soon));
    // If that fails it is tried again, and told, once it is needed.
    if (!this.#past.partOf(wanted)) this.#past.load(wanted, this.#viewing.newest).catch(() => {});
  }

  #look() {
    const { isOn } = this;
    this.#viewing.follows = isOn;
    this.#button.setAttribute("aria-pressed", String(isOn));
    this.#button.title = isOn ? "Pause (Space)" : "Play (Space)";
  }
}
