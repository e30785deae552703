/** One's own name and colour, changed in place. */

import { PALETTE } from "../editors/colors.js";
import { byId, make } from "./dom.js";
import { paintAvatar } from "./people.js";
import { MOST_NAME, savePerson } from "./person.js";

/** @typedef {import("./person.js").Person} Person */

const NAMES = ["red", "orange", "ochre", "olive", "green", "teal", "cyan", "blue", "indigo", "violet", "magenta", "pink"];

/**
 * @param {Person} person
 * @param {(person: Person) => void} changed
 */
export function showMe(person, changed) {
  const panel = byId("me", HTMLDetailsElement);
  const avatar = byId("my-avatar", HTMLElement);
  const name = byId("my-name", HTMLInputElement);
  const colors = byId("my-colors", HTMLElement);
  let now = person;

  /** @param {Partial<Person>} change */
  const set = (change) => {
    now = { ...now, ...change };
    savePerson(now);
    paintAvatar(avatar, now.name, now.color);
    byId("my-label", HTMLElement).textContent = `You are ${now.name}. Change name and colour`;
    changed(now);
  };

  name.maxLength = MOST_NAME;
  name.value = person.name;
  name.addEventListener("input", () => name.value.trim() && set({ name: name.value.trim() }));
  name.addEventListener("blur", () => (name.value = now.name));
  colors.append(
    ...PALETTE.map((color, index) => {
      const radio = make("input", { class: "unseen", type: "radio", name: "color", "aria-label": NAMES[index] });
      radio.checked = color === person.color;
      radio.addEventListener("change", () => set({ color }));
      const swatch = make("label", { class: "swatch", title: NAMES[index] }, radio);
      swatch.style.setProperty("--peer", color);
      return swatch;
    }),
  );

  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" && !(event.key === "Enter" && event.target === name)) return;
    panel.open = false;
    panel.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !panel.contains(target)) panel.open = false;
  });
  set({});
}
