/**
 * Changes in CodeMirror: inserted text underlined, deleted text struck through. A line break that came or went shows
 * as "¶". Only what is on the screen is marked, so the length of the text does not matter.
 */

import { plainText } from "../client/operation.js";
import { Decoration, EditorView, WidgetType } from "../vendor/codemirror.js";
import { TAGS, attributesOf } from "./change-look.js";
import { endOfChange } from "./changes.js";
import { changesIn } from "./changes-shown.js";

/** @typedef {import("./changes-shown.js").Change} Change */
/** @typedef {import("./changes-shown.js").Piece} Piece */
/** @typedef {import("./paper.js").ColorOf} ColorOf */
/** @typedef {import("@codemirror/state").Range<import("@codemirror/view").Decoration>} Marked */
/** @typedef {{ tag: string, attributes: Record<string, string> }} Look of a piece, as an element */
/** @typedef {{ from: number, to: number, text: string, look: Look | null, change: number }} Placed a piece in the merged text */

export class ShownChanges {
  /** @type {Placed[]} */
  #placed = [];
  #colorOf;
  #nameOf;

  /** @param {readonly Piece[]} pieces @param {ColorOf | undefined} colorOf @param {(author: string) => string} nameOf */
  constructor(pieces, colorOf, nameOf) {
    this.#colorOf = colorOf;
    this.#nameOf = nameOf;
    /** @type {readonly Change[]} */
    this.changes = changesIn(pieces);
    let place = 0;
    let change = 0;
    for (const [number, piece] of pieces.entries()) {
      const kept = piece.kind === "kept";
      while (!kept && this.changes[change].last < number) change += 1;
      const to = place + endOfChange(piece.content);
      this.#placed.push({ from: place, to, text: kept ? "" : plainText(piece.content), look: this.#look(piece), change });
      place = to;
    }
  }

  /** @param {Piece} piece @returns {Look | null} */
  #look(piece) {
    const { kind } = piece;
    if (kind === "kept") return null;
    return { tag: TAGS[kind], attributes: { class: `cm-change cm-${kind}`, ...attributesOf(piece, this.#colorOf, this.#nameOf) } };
  }

  /**
   * @param {number} from
   * @param {number} to
   * @param {number} current number of the change that is marked as such
   * @returns {Marked[]} what is to be marked between the two, in order
   */
  between(from, to, current) {
    /** @type {Marked[]} */
    const marks = [];
    for (let number = this.#firstAfter(from); number < this.#placed.length && this.#placed[number].from < to; number += 1) {
      const piece = this.#placed[number];
      if (!piece.look) continue;
      const look = piece.change === current ? currentLook(piece.look) : piece.look;
      const [start, end] = [Math.max(from, piece.from), Math.min(to, piece.to)];
      // Inclusive, so that it goes around the sign of a line break with which it begins.
      marks.push(Decoration.mark({ tagName: look.tag, attributes: look.attributes, inclusiveStart: true }).range(start, end));
      for (let at = piece.text.indexOf("\n", start - piece.from); at >= 0 && piece.from + at < end; at = piece.text.indexOf("\n", at + 1)) {
        marks.push(lineBreak.range(piece.from + at));
      }
    }
    return marks;
  }

  /** @param {number} place @returns {number} of the first piece that ends after it */
  #firstAfter(place) {
    let [low, high] = [0, this.#placed.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#placed[middle].to <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** @param {Look} look @returns {Look} */
function currentLook({ tag, attributes }) {
  return { tag, attributes: { ...attributes, class: `${attributes.class} cm-current`, "aria-current": "true" } };
}

class Break extends WidgetType {
  /** @returns {boolean} since one is like another */
  eq() {
    return true;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "cm-break"; // by which the styles write the sign, so that it is no text
    return element;
  }
}

const lineBreak = Decoration.widget({ widget: new Break(), side: 1 });

/** Grounds and letters as of the pages' good and bad news, with a contrast of at least 4.5. */
export const changeStyles = EditorView.baseTheme({
  ".cm-change": { textDecorationThickness: "2px", textDecorationColor: "var(--peer-edge, currentcolor)", borderRadius: "2px" },
  ".cm-inserted": {
    textDecorationLine: "underline",
    backgroundColor: "light-dark(#e3f2e7, #16301f)",
    color: "light-dark(#1d6b3c, #86d3a1)",
  },
  ".cm-deleted": {
    textDecorationLine: "line-through",
    backgroundColor: "light-dark(#fbe3e4, #431a20)",
    color: "light-dark(#a3162b, #ff9ca3)",
  },
  ".cm-formatted": { borderBlockEnd: "2px dotted var(--peer-edge, currentcolor)" },
  ".cm-break::before": { content: '"¶" / "line break"' },
  ".cm-current": { outline: "2px solid light-dark(#1a5fb4, #8ab8f5)", outlineOffset: "1px" },
});
