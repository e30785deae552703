/**
 * Each author's text in a colour, in CodeMirror.
 *
 *     view.dispatch({ effects: compartment.reconfigure(authorColors(doc, colorOf)) }); // and off: reconfigure([])
 *
 * Only what is on the screen is marked, so the length of the document does not matter.
 */

import { Decoration, EditorView, StateEffect, ViewPlugin } from "../vendor/codemirror.js";
import { Authors } from "./authors.js";
import { AUTHOR_TINT, edges, safeColor } from "./colors.js";

/** @typedef {import("@codemirror/view").ViewUpdate} ViewUpdate */

/** Says that authors are known that weren't. */
const known = /** @type {import("@codemirror/state").StateEffectType<null>} */ (StateEffect.define());

/**
 * @param {import("../client/document.js").CollabDocument} doc that has been synced, and is bound to the view
 * @param {(author: string) => string} colorOf as `#rrggbb`
 * @returns {import("@codemirror/state").Extension}
 */
export function authorColors(doc, colorOf) {
  const plugin = ViewPlugin.define((view) => new Marks(doc, colorOf, view), { decorations: ({ decorations }) => decorations });
  return [plugin, authorStyles];
}

export const authorStyles = EditorView.baseTheme({
  ".cm-author": {
    backgroundColor: `color-mix(in srgb, var(--peer) ${AUTHOR_TINT}%, transparent)`,
    borderBlockEnd: "2px solid var(--peer-edge)",
  },
});

class Marks {
  decorations = Decoration.none;
  #authors;
  #mark;
  /** Whether the marks are only carried along, not set by what is known. */
  #stale = true;

  /** @param {import("../client/document.js").CollabDocument} doc @param {(author: string) => string} colorOf @param {EditorView} view */
  constructor(doc, colorOf, view) {
    this.#mark = authorMarks(colorOf);
    this.#authors = new Authors(doc, () => view.dispatch({ effects: known.of(null) }));
  }

  destroy() {
    this.#authors.destroy();
  }

  /** @param {ViewUpdate} update */
  update(update) {
    if (update.docChanged) this.decorations = this.decorations.map(update.changes);
    const told = update.transactions.some(({ effects }) => effects.some((effect) => effect.is(known)));
    if (!told && !update.docChanged && !update.viewportChanged && !this.#stale) return;
    // While the view waits for an input method the document is ahead of it.
    this.#stale = this.#authors.length !== update.state.doc.length;
    if (!this.#stale) this.decorations = this.#marks(update.view);
  }

  /** @param {EditorView} view */
  #marks({ visibleRanges }) {
    const stretches = visibleRanges.flatMap(({ from, to }) => this.#authors.between(from, to));
    return Decoration.set(stretches.filter(({ author }) => author).map(({ from, to, author }) => this.#mark(author).range(from, to)));
  }
}

/**
 * @param {(author: string) => string} colorOf as `#rrggbb`
 * @param {(author: string) => string} [nameOf] as titles say it
 * @returns {(author: string) => import("@codemirror/view").Decoration} how the text of an author is marked
 */
export function authorMarks(colorOf, nameOf = (author) => author) {
  /** @type {Map<string, import("@codemirror/view").Decoration>} by author */
  const made = new Map();
  return (author) => {
    const known = made.get(author);
    if (known) return known;
    const color = safeColor(colorOf(author), author);
    const { light, dark } = edges(color);
    // Set through the CSSOM, which the CSP allows.
    const attributes = { style: `--peer: ${color}; --peer-edge: light-dark(${light}, ${dark})`, title: nameOf(author) };
    const mark = Decoration.mark({ class: "cm-author", attributes });
    made.set(author, mark);
    return mark;
  };
}
