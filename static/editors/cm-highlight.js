/** One part of a text marked in CodeMirror, which moves along with edits. */

import { Decoration, EditorView, StateEffect, StateField } from "../vendor/codemirror.js";

/** @typedef {{ from: number, to: number }} Range in UTF-16 units */

const mark = Decoration.mark({ class: "cm-highlight" });
const set = /** @type {import("@codemirror/state").StateEffectType<Range | null>} */ (StateEffect.define());

/** @type {import("@codemirror/state").StateField<import("@codemirror/view").DecorationSet>} */
const field = StateField.define({
  create: () => Decoration.none,
  update(known, { changes, effects }) {
    const said = effects.findLast((effect) => effect.is(set));
    if (!said) return known.map(changes);
    const range = said.value;
    return range && range.from < range.to ? Decoration.set(mark.range(range.from, range.to)) : Decoration.none;
  },
  provide: (decorations) => EditorView.decorations.from(decorations),
});

const styles = EditorView.baseTheme({
  ".cm-highlight": { background: "var(--highlight)", borderRadius: "2px", outline: "2px solid var(--accent)" },
});

/** The extension that a view needs to have. @type {import("@codemirror/state").Extension} */
export const highlighting = [field, styles];

/** @param {EditorView} view @param {Range | null} range is cut to the text; null marks nothing */
export function highlight(view, range) {
  const { length } = view.state.doc;
  const inside = range && { from: Math.min(range.from, length), to: Math.min(range.to, length) };
  view.dispatch({ effects: set.of(inside) });
}
