/** Messages over the text that stay until they are read, or are true no more. */

import { copy, make } from "./dom.js";

/** @typedef {[label: string, act: (button: HTMLButtonElement) => void]} Action */
/** @typedef {{ kind: "bad" | "wait", text: string, actions?: Action[] }} Message */

export class Banners {
  #place;
  /** @type {Map<string, HTMLElement>} by what they are about */
  #shown = new Map();

  /** @param {HTMLElement} place */
  constructor(place) {
    this.#place = place;
  }

  /** @param {string} topic a later message about it replaces an earlier one @param {Message} message */
  show(topic, { kind, text, actions = [] }) {
    this.close(topic);
    const buttons = actions.map(([label, act]) => {
      const button = make("button", { class: "button", type: "button", text: label });
      button.addEventListener("click", () => act(button));
      return button;
    });
    const banner = make("div", { class: "banner", "data-kind": kind }, make("p", { class: "banner-text", text }), ...buttons);
    this.#shown.set(topic, banner);
    this.#place.append(banner);
  }

  /** @param {string} topic */
  close(topic) {
    this.#shown.get(topic)?.remove();
    this.#shown.delete(topic);
  }
}

/** @param {string} label @param {() => string} text @returns {Action} */
export function copying(label, text) {
  return [
    label,
    async (button) => {
      button.textContent = (await copy(text())) ? "Copied" : "Could not be copied";
    },
  ];
}
