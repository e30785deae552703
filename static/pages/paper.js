/** For the printer: the whole text, since an editor shows only what is on the screen. */

import { byId } from "./dom.js";

/** @param {() => string} text */
export function printWhole(text) {
  const paper = byId("paper", HTMLElement);
  addEventListener("beforeprint", () => (paper.textContent = text()));
  addEventListener("afterprint", () => (paper.textContent = ""));
}
