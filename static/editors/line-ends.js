/**
 * Lines that end as on Windows, in "\r\n". Here only "\n" ends a line, so the "\r" is the last character of its
 * line; caret and deletion pass over both as over one, and nothing is shown for it.
 */

import { Decoration, EditorState, EditorView, StateField } from "../vendor/codemirror.js";

/** @typedef {import("@codemirror/view").DecorationSet} DecorationSet */
/** @typedef {import("@codemirror/state").Text} Text */

const pair = Decoration.mark({});

/** @param {Text} doc @returns {DecorationSet} every "\r\n" in `doc` */
function pairs(doc) {
  const ranges = [];
  let place = 0;
  for (const part of doc.iterRange(0)) {
    // Each break comes as a part of its own, after the text of its line.
    if (part === "\n" && place > 0 && doc.sliceString(place - 1, place) === "\r") {
      ranges.push(pair.range(place - 1, place + 1));
    }
    place += part.length;
  }
  return Decoration.set(ranges);
}

/** Made anew with every change, but only for texts that have such lines at all. */
const pairsField = StateField.define({
  create: (state) => (hasReturns(state.doc) ? pairs(state.doc) : Decoration.none),
  update(known, transaction) {
    if (!transaction.docChanged) return known;
    if (known.size === 0 && !bringsReturns(transaction)) return known;
    return pairs(transaction.state.doc);
  },
  provide: (field) => EditorView.atomicRanges.of((view) => view.state.field(field)),
});

/** @param {Text} text */
function hasReturns(text) {
  for (const part of text.iter()) if (part.includes("\r")) return true;
  return false;
}

/** @param {import("@codemirror/state").Transaction} transaction */
function bringsReturns({ changes }) {
  let found = false;
  changes.iterChanges((_fromA, _toA, _fromB, _toB, inserted) => {
    found ||= hasReturns(inserted);
  });
  return found;
}

/**
 * A caret that was put between the two (the key End does) goes before them.
 *
 * @param {import("@codemirror/state").Transaction} transaction
 */
function outsidePairs(transaction) {
  const { selection, newDoc } = transaction;
  if (!selection || newDoc.length === 0) return transaction;
  const { anchor, head } = selection.main;
  const places = [anchor, head].map((place) => (newDoc.sliceString(place - 1, place + 1) === "\r\n" ? place - 1 : place));
  if (places[0] === anchor && places[1] === head) return transaction;
  return [transaction, { selection: { anchor: places[0], head: places[1] }, sequential: true }];
}

/** @type {import("@codemirror/state").Extension} */
export const windowsLineEnds = [pairsField, EditorState.transactionFilter.of(outsidePairs)];
