/** The editor of a rich document: tools, Quill, and what binds them to it. */

import { QuillAuthors } from "../editors/quill-authorship.js";
import { bindQuill } from "../editors/quill.js";
import { pasteUnderPolicy } from "../editors/quill-paste.js";
import { domRange } from "../editors/quill-places.js";
import Quill from "../vendor/quill.js";
import { make } from "./dom.js";
import { pageImage, takeImages } from "./rich-images.js";
import { linkForm } from "./rich-link.js";
import { toolbar } from "./rich-toolbar.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */

const STYLES = new URL("../vendor/quill.css", import.meta.url).href;

/** Every second thing that this editor says is said for so long. */
const NEWS_MS = 6000;

/**
 * @param {HTMLElement} parent
 * @param {CollabDocument} doc that has been synced
 * @param {{ label: string, placeholder: string }} words
 * @returns {import("./editor-shape.js").PageEditor}
 */
export function richEditor(parent, doc, { label, placeholder }) {
  const gone = new AbortController();
  const text = make("div", { class: "rich-text" });
  const frame = make("div", { class: "rich" }, text);
  parent.append(frame);
  showWithStyles(frame);

  const quill = pageQuill(text, placeholder);
  quill.root.setAttribute("role", "textbox");
  quill.root.setAttribute("aria-multiline", "true");
  quill.root.setAttribute("aria-label", label);
  pasteUnderPolicy(quill);

  const news = make("p", { class: "rich-news", role: "status" });
  const insert = takeImages(quill, (message) => tell(news, message), () => doc.endUndoGroup());
  const files = make("input", { type: "file", accept: "image/png,image/jpeg,image/gif,image/webp", multiple: "", "aria-label": "Images to insert" });
  files.hidden = true;
  files.addEventListener("change", async () => {
    await insert([...(files.files ?? [])]);
    files.value = "";
  });
  const { form, open } = linkForm(quill);
  frame.prepend(toolbar(quill, { link: open, image: () => files.click(), signal: gone.signal }), form, files, news);

  quill.root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.isComposing) quill.root.blur(); // Tab, which indents, then goes on from here
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    open();
  });
  const binding = bindQuill(doc, quill);
  /** @type {QuillAuthors | null} */
  let authors = null;
  /** @param {((author: string) => string) | null} colorOf */
  const showAuthors = (colorOf) => {
    authors?.destroy();
    authors = colorOf && new QuillAuthors(doc, quill, colorOf);
  };

  return {
    view: quill,
    focus: () => quill.focus(),
    reveal: (offset) => reveal(quill, offset),
    showAuthors,
    highlight: (range) => highlight(quill, range),
    destroy() {
      showAuthors(null);
      gone.abort();
      binding.destroy();
      frame.remove();
    },
  };
}

/** @param {HTMLElement} text @param {string} placeholder */
function pageQuill(text, placeholder) {
  const Image = Quill.import("formats/image");
  if (!Reflect.has(/** @type {object} */ (Image), "ofPage")) {
    const ofPage = Object.assign(pageImage(Image), { ofPage: true });
    Quill.register("formats/image", ofPage, true);
  }
  return new Quill(text, { placeholder, modules: { toolbar: false } });
}

/** Before its styles have come Quill looks like nothing. @param {HTMLElement} frame */
function showWithStyles(frame) {
  if (document.querySelector(`link[href="${STYLES}"]`)) return;
  const link = make("link", { rel: "stylesheet", href: STYLES });
  frame.style.opacity = "0";
  const show = () => frame.style.removeProperty("opacity");
  link.addEventListener("load", show);
  link.addEventListener("error", show);
  document.head.prepend(link); // what the page says of the look comes later, and wins
}

/** @param {HTMLElement} news @param {string} message */
function tell(news, message) {
  news.textContent = message;
  setTimeout(() => {
    if (news.textContent === message) news.textContent = "";
  }, NEWS_MS);
}

/**
 * By a highlight of the browser, which is not of the text; where a browser has none, nothing is marked.
 *
 * @param {Quill} quill
 * @param {{ from: number, to: number } | null} range
 */
function highlight(quill, range) {
  if (!("highlights" in CSS)) return;
  const found = range && range.from < range.to ? domRange(quill, range.from, range.to) : null;
  if (found) CSS.highlights.set("since", new Highlight(found));
  else CSS.highlights.delete("since");
}

/** @param {Quill} quill @param {number} offset */
function reveal(quill, offset) {
  const bounds = quill.getBounds(Math.min(offset, quill.getLength() - 1));
  if (!bounds) return;
  const top = quill.container.getBoundingClientRect().top + bounds.top;
  window.scrollBy({ top: top - (window.innerHeight - bounds.height) / 2 });
}
