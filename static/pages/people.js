/** Who is here: a row of avatars. */

import { readableOn, safeColor } from "../editors/colors.js";
import { make } from "./dom.js";
import { initials } from "./person.js";

/** @typedef {import("../client/carets.js").Other} Other */

/** More than this are counted and not drawn. */
const MOST = 5;

/** @param {HTMLElement} element @param {string} name @param {string} color */
export function paintAvatar(element, name, color) {
  element.dataset.initials = initials(name); // drawn by the sheet: its name is the whole name
  element.style.setProperty("--peer", color);
  element.style.setProperty("--on-peer", readableOn(color));
}

/**
 * @param {HTMLElement} list
 * @param {readonly Other[]} others
 * @param {(other: Other) => void} visit is called when one of them is chosen
 */
export function showPeople(list, others, visit) {
  const named = others.map((other) => ({ other, name: other.user.name?.slice(0, 40) || other.author }));
  const key = JSON.stringify(named.map(({ other, name }) => [other.client, name, other.user.color, other.cursor !== null]));
  // The carets move all the time; the row is made anew only when its people change, so that focus stays.
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  const drawn = named.slice(0, MOST).map(({ other, name }) => {
    const button = make("button", { class: "avatar", type: "button", title: name });
    paintAvatar(button, name, safeColor(other.user.color, other.client));
    button.setAttribute("aria-label", other.cursor ? `Go to ${name}` : `${name}, not in the text`);
    button.disabled = other.cursor === null;
    button.addEventListener("click", () => visit(other));
    return make("li", {}, button);
  });
  const rest = named.length - drawn.length;
  if (rest > 0) drawn.push(make("li", { class: "quiet", text: `+${rest}` }));
  list.replaceChildren(...drawn);
}
