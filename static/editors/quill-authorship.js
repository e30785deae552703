/**
 * Each author's text in a colour, in Quill: by highlights of the browser, which need no elements of their own, so
 * that nothing of it gets into the text. Where a browser has none of them (before Chromium 105, Safari 17.2,
 * Firefox 140) nothing is shown.
 */

import { Authors } from "./authors.js";
import { AUTHOR_TINT, edges, safeColor } from "./colors.js";
import { domRange } from "./quill-places.js";

/** @typedef {import("quill").default} Quill */

/**
 * @typedef {object} Known who wrote what
 * @property {number} length units of the text that it is about; -1 where nothing is known
 * @property {(from: number, to: number) => import("./authorship.js").Stretch[]} between
 */

/** What is known of authors, on the screen. */
export class AuthorHighlights {
  #quill;
  #colorOf;
  #known;
  #nameOf;
  #prefix;
  #sheet = new CSSStyleSheet();
  /** @type {Map<string, Highlight>} by author */
  #highlights = new Map();
  #listening = new AbortController();
  #frame = 0;

  /**
   * @param {Quill} quill
   * @param {Known} known of what `quill` shows
   * @param {object} look
   * @param {string} look.id that no others on the page have
   * @param {(author: string) => string} look.colorOf as `#rrggbb`
   * @param {(author: string) => string} [look.nameOf] as titles say it
   */
  constructor(quill, known, { id, colorOf, nameOf = (author) => author }) {
    this.#quill = quill;
    this.#known = known;
    this.#colorOf = colorOf;
    this.#nameOf = nameOf;
    this.#prefix = `collab-author-${id}`;
    document.adoptedStyleSheets.push(this.#sheet);
    const { signal } = this.#listening;
    for (const [target, name] of /** @type {const} */ ([[document, "scroll"], [window, "resize"]])) {
      target.addEventListener(name, this.due, { signal, passive: true, capture: true });
    }
    quill.root.addEventListener("pointermove", this.#named, { signal, passive: true });
    quill.on("text-change", this.due);
    this.due();
  }

  destroy() {
    this.#listening.abort();
    cancelAnimationFrame(this.#frame);
    this.#quill.off("text-change", this.due);
    this.#quill.root.removeAttribute("title");
    for (const name of [...CSS.highlights.keys()]) if (name.startsWith(this.#prefix)) CSS.highlights.delete(name);
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== this.#sheet);
  }

  /** Something else is known. */
  due = () => {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#paint());
  };

  /** @returns {boolean} whether what is known is about what Quill shows, whose last newline may be its own */
  #fits() {
    const own = this.#quill.getLength() - this.#known.length;
    return own === 0 || own === 1;
  }

  #paint() {
    if (!("highlights" in CSS)) return;
    if (!this.#fits()) return;
    for (const highlight of this.#highlights.values()) highlight.clear();
    const [from, to] = this.#visible();
    for (const { from: start, to: end, author } of this.#known.between(from, to)) {
      const range = author && domRange(this.#quill, start, end);
      if (range) this.#highlight(author).add(range);
    }
  }

  /** @returns {[number, number]} the places of the text that are on the screen, or half a screen from it */
  #visible() {
    const lines = this.#quill.getLines();
    const margin = window.innerHeight / 2;
    /** @param {(box: DOMRect) => boolean} passed @returns {number} how many lines there are before the first that isn't */
    const count = (passed) => {
      let [low, high] = [0, lines.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (passed(/** @type {Element} */ (lines[middle].domNode).getBoundingClientRect())) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    const first = lines[count(({ bottom }) => bottom < -margin)];
    const after = lines[count(({ top }) => top < window.innerHeight + margin)];
    return [first ? this.#quill.getIndex(first) : 0, after ? this.#quill.getIndex(after) : this.#quill.getLength()];
  }

  /** @param {string} author @returns {Highlight} */
  #highlight(author) {
    const made = this.#highlights.get(author);
    if (made) return made;
    const name = `${this.#prefix}-${this.#highlights.size}`;
    const color = safeColor(this.#colorOf(author), author);
    const { light, dark } = edges(color);
    const line = "text-decoration: underline 2px";
    this.#sheet.insertRule(`::highlight(${name}) { background-color: color-mix(in srgb, ${color} ${AUTHOR_TINT}%, transparent); ${line} ${light} }`);
    this.#sheet.insertRule(`@media (prefers-color-scheme: dark) { ::highlight(${name}) { ${line} ${dark} } }`, this.#sheet.cssRules.length);
    const highlight = new Highlight();
    this.#highlights.set(author, highlight);
    CSS.highlights.set(name, highlight);
    return highlight;
  }

  /** The author's name where the pointer is. @param {PointerEvent} event */
  #named = ({ clientX, clientY }) => {
    const place = document.caretPositionFromPoint?.(clientX, clientY);
    const blot = place && this.#quill.scroll.find(place.offsetNode, true);
    const index = blot && place ? this.#quill.getIndex(/** @type {any} */ (blot)) + place.offset : -1;
    const [stretch] = index < 0 || !this.#fits() ? [] : this.#known.between(index, index + 1);
    const { root } = this.#quill;
    if (stretch?.author) root.title = this.#nameOf(stretch.author);
    else root.removeAttribute("title");
  };
}

/** Authors of a document that goes on being written. */
export class QuillAuthors extends AuthorHighlights {
  #authors;

  /**
   * @param {import("../client/document.js").CollabDocument} doc that has been synced, and is bound to `quill`
   * @param {Quill} quill
   * @param {(author: string) => string} colorOf as `#rrggbb`
   */
  constructor(doc, quill, colorOf) {
    const authors = new Authors(doc, () => this.due());
    super(quill, authors, { id: doc.client, colorOf });
    this.#authors = authors;
  }

  destroy() {
    super.destroy();
    this.#authors.destroy();
  }
}
