/**
 * How authors are called and coloured. The log knows a guest by what the server calls them, which becomes a name
 * here: "guest-amber-finch-c570" is Amber Finch. What people call themselves while they are here is remembered in
 * this browser, so that lists and colours tell of Ana later on, too.
 */

import { safeColor } from "../editors/colors.js";
import { keep, recall } from "./kept.js";

/** @typedef {{ name: string, color: string }} Look */

const KEY = "collab.authors";

/** Authors remembered, those seen last. */
const MOST = 200;

/** @type {Map<string, Look> | null} by author, the last seen last; null until it is read */
let remembered = null;

function looks() {
  remembered ??= new Map(Object.entries(recall(KEY) ?? {}).filter(([, look]) => typeof look?.name === "string"));
  return remembered;
}

/** @param {string} author @returns {string} such as "Amber Finch" */
export function pretty(author) {
  const words = /^guest-([a-z]+)-([a-z]+)-[0-9a-f]+$/.exec(author);
  if (!words) return author || "Somebody";
  return words.slice(1).map((word) => word[0].toUpperCase() + word.slice(1)).join(" ");
}

/** @param {string} author @returns {string} */
export function nameOf(author) {
  return looks().get(author)?.name || pretty(author);
}

/** @param {string} author @returns {string} as `#rrggbb` */
export function colorOf(author) {
  return safeColor(looks().get(author)?.color, author);
}

/** @param {readonly { author: string, user: { name?: unknown, color?: unknown } }[]} people who are here */
export function remember(people) {
  let changed = false;
  for (const { author, user } of people) {
    const { name, color } = user;
    if (!author || typeof name !== "string" || !name.trim()) continue;
    const look = { name: name.slice(0, 40), color: safeColor(color, author) };
    const known = looks().get(author);
    if (known?.name === look.name && known.color === look.color) continue;
    looks().delete(author);
    looks().set(author, look);
    changed = true;
  }
  if (!changed) return;
  for (const author of [...looks().keys()].slice(0, -MOST)) looks().delete(author);
  keep(KEY, Object.fromEntries(looks()));
}

/** @param {readonly string[]} authors @param {number} count of all of them @returns {string} such as "Ana, Bo and 3 others" */
export function listed(authors, count) {
  const shown = authors.slice(0, 3).map(nameOf);
  const rest = Math.max(0, count - shown.length);
  const others = rest === 1 ? "1 other" : `${rest} others`;
  return rest > 0 ? `${shown.join(", ")} and ${others}` : shown.join(", ");
}
