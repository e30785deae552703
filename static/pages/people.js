/** Who is here: a row of avatars. Choosing one follows that person. */

import { readableOn, safeColor } from "../editors/colors.js";
import { make } from "./dom.js";
import { pretty } from "./names.js";
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

/** @param {Other} other @returns {string} */
export function calledBy({ user, author }) {
  return (typeof user.name === "string" && user.name.trim().slice(0, 40)) || pretty(author);
}

/**
 * @param {HTMLElement} list
 * @param {readonly Other[]} others
 * @param {object} how
 * @param {string} how.author what the server calls oneself
 * @param {string | null} how.followed the client that is followed
 * @param {(client: string, name: string) => void} how.choose is called when one of them is chosen
 */
export function showPeople(list, others, { author, followed, choose }) {
  const named = others.map((other) => ({ other, name: other.author === author ? "yourself in another window" : calledBy(other) }));
  const key = JSON.stringify([followed, named.map(({ other, name }) => [other.client, name, other.user.color, other.cursor !== null])]);
  // The carets move all the time; the row is made anew only when its people change.
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute("data-client") : null;
  const drawn = named.slice(0, MOST).map(({ other, name }) => {
    const isFollowed = other.client === followed;
    const button = make("button", { class: "avatar", type: "button", title: other.cursor ? `Follow ${name}` : name });
    button.dataset.client = other.client;
    paintAvatar(button, calledBy(other), safeColor(other.user.color, other.client));
    button.setAttribute("aria-label", other.cursor ? `Follow ${name}` : `${name}, not in the text`);
    button.setAttribute("aria-pressed", String(isFollowed));
    button.disabled = other.cursor === null;
    button.addEventListener("click", () => choose(other.client, name));
    return make("li", {}, button);
  });
  if (named.length > 0) {
    const names = named.map(({ name }) => name).join(", ");
    const count = make("li", { class: "quiet", text: `${named.length + 1} here`, title: `You, ${names}` });
    drawn.push(count);
  }
  list.replaceChildren(...drawn);
  if (focused) /** @type {HTMLElement | null} */ (list.querySelector(`[data-client="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true });
}
