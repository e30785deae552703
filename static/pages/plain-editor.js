/** The editor of plain documents: CodeMirror. */

import { authorColors } from "../editors/cm-authorship.js";
import { highlight, highlighting } from "../editors/cm-highlight.js";
import { collaborative } from "../editors/codemirror.js";
import { Compartment, EditorState, EditorView, keymap, placeholder, standardKeymap } from "../vendor/codemirror.js";

/**
 * @param {HTMLElement} parent
 * @param {import("../client/index.js").CollabDocument} doc that has been synced
 * @param {{ label: string, placeholder: string }} words
 * @returns {import("./editor-shape.js").PageEditor}
 */
export function plainEditor(parent, doc, { label, placeholder: prompt }) {
  const authors = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: doc.text,
      extensions: [
        collaborative(doc),
        authors.of([]),
        highlighting,
        keymap.of([{ key: "Escape", run: leave }]),
        keymap.of(standardKeymap),
        EditorView.lineWrapping,
        EditorView.scrollMargins.of(() => ({ top: marginAbove(), bottom: 16 })),
        EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "true", autocapitalize: "sentences" }),
        placeholder(prompt),
      ],
    }),
  });
  return {
    view,
    focus: () => view.focus(),
    reveal(offset) {
      const place = Math.min(offset, view.state.doc.length);
      view.dispatch({ effects: EditorView.scrollIntoView(place, { y: "center" }) });
    },
    showAuthors(colorOf) {
      view.dispatch({ effects: authors.reconfigure(colorOf ? authorColors(doc, colorOf) : []) });
    },
    highlight: (range) => highlight(view, range),
    destroy: () => view.destroy(),
  };
}

/** What stands over the text while it is scrolled. */
function marginAbove() {
  return (document.querySelector(".bar")?.clientHeight ?? 0) + 16;
}

/** @param {EditorView} view @returns {boolean} */
function leave(view) {
  view.contentDOM.blur();
  return true;
}
