/** The paper of rich documents, with the styles and the images of these pages. */

import { richPaper } from "../../editors/quill-paper.js";
import { make } from "../dom.js";
import { pageImage } from "../rich-images.js";

const STYLES = new URL("../../vendor/quill.css", import.meta.url).href;

/** @returns {Promise<typeof richPaper>} once its styles are there, without which Quill looks like nothing */
export async function pagePaper() {
  if (!document.querySelector(`link[href="${STYLES}"]`)) await loaded(make("link", { rel: "stylesheet", href: STYLES }));
  return (parent, options) => richPaper(parent, { ...options, imageOf: pageImage });
}

/** @param {HTMLLinkElement} link @returns {Promise<unknown>} a text without styles is better than none */
function loaded(link) {
  const done = new Promise((resolve) => ["load", "error"].forEach((name) => link.addEventListener(name, resolve)));
  document.head.prepend(link); // what the page says of the look comes later, and wins
  return done;
}
