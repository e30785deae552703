/** What is shown until there is a text: bones, words, and for a large document how much of it has come. */

import { byId } from "./dom.js";

/** After so long without a document something must be said. */
const SLOW_MS = 4000;

/** @param {import("../client/index.js").CollabDocument} doc @returns {() => void} takes it away */
export function showLoading(doc) {
  const words = byId("loading", HTMLElement);
  const progress = byId("progress", HTMLProgressElement);
  const slow = setTimeout(() => {
    if (progress.hidden) words.textContent = "The server cannot be reached. Trying again…";
  }, SLOW_MS);
  const off = doc.on("loading", ({ received, total }) => {
    progress.hidden = false;
    progress.max = total;
    progress.value = received;
    words.textContent = "Loading a large document…";
  });
  return () => {
    clearTimeout(slow);
    off();
    byId("skeleton", HTMLElement).hidden = true;
  };
}
