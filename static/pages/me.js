/** One's own name and colour, changed in place. */

import { PALETTE } from "../editors/colors.js";
import { byId, make } from "./dom.js";
import { closeOnLeave } from "./fold.js";
import { paintAvatar } from "./people.js";
import { MOST_NAME, named, savePerson } from "./person.js";

/** @typedef {import("./person.js").Person} Person */

const NAMES = ["red", "orange", "ochre", "olive", "green", "teal", "cyan", "blue", "indigo", "violet", "magenta", "pink"];

/**
 * @param {Person} person
 * @param {(person: Person) => void} changed
 * @returns {(author: string) => void} to be told what the server calls us
 */
export function showMe(person, changed) {
  const panel = byId("me", HTMLDetailsElement);
  const avatar = byId("my-avatar", HTMLElement);
  const name = byId("my-name", HTMLInputElement);
  const colors = byId("my-colors", HTMLElement);
  let now = person;

  const show = () => {
    paintAvatar(avatar, now.name, now.color);
    byId("my-label", HTMLElement).textContent = `You are ${now.name || "a guest"}. Change name and colour`;
    if (document.activeElement !== name) name.value = now.name;
  };

  /** @param {Person} next */
  const set = (next) => {
    now = next;
    savePerson(now);
    show();
    changed(now);
  };

  name.maxLength = MOST_NAME;
  name.addEventListener("input", () => name.value.trim() && set({ ...now, name: name.value.trim(), chosen: true }));
  name.addEventListener("blur", show);
  name.addEventListener("keydown", ({ key, isComposing }) => {
    if (key !== "Enter" || isComposing) return;
    panel.open = false;
    panel.querySelector("summary")?.focus();
  });
  colors.append(
    ...PALETTE.map((color, index) => {
      const radio = make("input", { class: "unseen", type: "radio", name: "color", "aria-label": NAMES[index] });
      radio.checked = color === person.color;
      radio.addEventListener("change", () => set({ ...now, color }));
      const swatch = make("label", { class: "swatch", title: NAMES[index] }, radio);
      swatch.style.setProperty("--peer", color);
      return swatch;
    }),
  );
  closeOnLeave(panel);
  show();
  return (author) => {
    const next = named(now, author);
    if (next.name !== now.name) set(next);
  };
}
