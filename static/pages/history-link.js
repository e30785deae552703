/** The way into a document's history, by a link and by the keys that people know from elsewhere. */

import { historyOf } from "./api.js";
import { byId } from "./dom.js";
import { takePlace } from "./place.js";

/** @param {string} document */
export function offerHistory(document) {
  const link = byId("history", HTMLAnchorElement);
  link.href = historyOf(document);
  link.addEventListener("click", () => takePlace(document));
  addEventListener("keydown", (event) => {
    const { altKey, ctrlKey, metaKey, shiftKey, code } = event;
    // The key, not what it writes: with Alt that is another letter on some keyboards.
    if (code !== "KeyH" || !altKey || !shiftKey || ctrlKey === metaKey) return;
    event.preventDefault();
    takePlace(document);
    location.assign(link.href);
  });
}
