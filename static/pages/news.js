/** Short news at the foot of a page, which go away by themselves. */

import { byId } from "./dom.js";

const NEWS_MS = 5000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {string} news */
export function say(news) {
  const place = byId("news", HTMLElement);
  clearTimeout(timer);
  place.textContent = news;
  timer = setTimeout(() => (place.textContent = ""), NEWS_MS);
}
