/** A plain document to be read: CodeMirror in which nothing can be written. */

import { contentLength, plainText } from "../client/operation.js";
import { Compartment, Decoration, EditorState, EditorView, ViewPlugin, keymap, standardKeymap } from "../vendor/codemirror.js";
import { between, edited } from "./authorship.js";
import { endOfChange, toChanges } from "./changes.js";
import { lengthAfter } from "./changes-shown.js";
import { authorMarks, authorStyles } from "./cm-authorship.js";
import { ShownChanges, changeStyles } from "./cm-changes.js";
import { frozen, storedText } from "./cm-text.js";
import { leadsTo } from "./paper.js";
import { frameTop, isSeen } from "./screen.js";

/** @typedef {import("./paper.js").ColorOf} ColorOf */
/** @typedef {import("./paper.js").Content} Content */
/** @typedef {import("./paper.js").Operation} Operation */
/** @typedef {import("./paper.js").Piece} Piece */
/** @typedef {import("./paper.js").Run} Run */
/** @typedef {import("./cm-changes.js").Marked} Marked */

/**
 * @param {HTMLElement} parent
 * @param {import("./paper.js").PaperOptions} options
 * @returns {import("./paper.js").Paper}
 */
export function plainPaper(parent, options) {
  return new PlainPaper(parent, options);
}

/** What stands above and below a text in its page is less than this, in pixels. */
const AROUND = 400;

/**
 * The keys to which the browser has no good answer: it sees only what is on the screen, and lines that come there for
 * the first time turn out higher than CodeMirror took them for.
 *
 * @type {import("@codemirror/view").KeyBinding[]}
 */
const readingKeys = [
  ...standardKeymap.filter(({ key }) => key === "Mod-a"),
  { key: "Home", run: (view) => scrollToEnd(view, 0, "start") },
  { key: "End", run: (view) => scrollToEnd(view, view.state.doc.length, "end") },
];

/** @param {EditorView} view @param {number} offset @param {"start" | "end"} y @returns {boolean} */
function scrollToEnd(view, offset, y) {
  view.dispatch({ effects: EditorView.scrollIntoView(offset, { y, yMargin: AROUND }) });
  return true;
}

class PlainPaper {
  #marks = new Compartment();
  #nameOf;
  #marginAbove;
  #marginBelow;
  /** @type {{ runs: readonly Run[], mark: ReturnType<typeof authorMarks> } | null} of the content shown */
  #authors = null;
  /** @type {{ shown: ShownChanges, back: import("@codemirror/state").ChangeSet } | null} with the way back to the content shown */
  #changes = null;

  /** @param {HTMLElement} parent @param {import("./paper.js").PaperOptions} options */
  constructor(parent, { label, nameOf = (author) => author, marginAbove = () => 0, marginBelow = () => 0 }) {
    this.#nameOf = nameOf;
    this.#marginAbove = marginAbove;
    this.#marginBelow = marginBelow;
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        extensions: [
          storedText,
          frozen,
          this.#marks.of([]),
          keymap.of(readingKeys),
          EditorView.lineWrapping,
          EditorView.scrollMargins.of(() => ({ top: this.#marginAbove() })),
          // In a text box screen readers would tell of no insertions and deletions.
          EditorView.contentAttributes.of({ role: "region", "aria-label": label }),
          [authorStyles, changeStyles],
        ],
      }),
    });
    // Which CodeMirror sets for its text boxes, and which no region has.
    for (const name of ["aria-multiline", "aria-readonly"]) this.view.contentDOM.removeAttribute(name);
  }

  /** @param {Content} content @param {Operation} [operation] */
  show(content, operation) {
    this.showChanges(null);
    const { length } = this.view.state.doc;
    if (operation && leadsTo(operation, length, content)) {
      if (this.#authors) this.#authors = { ...this.#authors, runs: edited(this.#authors.runs, operation, "") };
      this.#change(toChanges(operation));
      return;
    }
    this.#authors = null;
    const { offset } = this.#place();
    this.#change({ from: 0, to: length, insert: plainText(content) }, Math.min(offset, contentLength(content)));
  }

  /** @param {readonly Run[] | null} runs @param {ColorOf} [colorOf] */
  showAuthors(runs, colorOf = () => "") {
    this.#authors = runs && { runs, mark: authorMarks(colorOf, this.#nameOf) };
    if (!this.#changes) this.view.dispatch({ effects: this.#marked() });
  }

  /** @param {readonly Piece[] | null} pieces @param {ColorOf} [colorOf] */
  showChanges(pieces, colorOf) {
    const shown = pieces && new ShownChanges(pieces, colorOf, this.#nameOf);
    if (this.#changes) {
      const { back } = this.#changes;
      this.#changes = null;
      this.#change(back);
    }
    if (!pieces || !shown) return;
    const { state } = this.view;
    const length = lengthAfter(pieces);
    if (length !== state.doc.length) throw new RangeError(`the pieces lead to ${length} units, and ${state.doc.length} are shown`);
    const changes = state.changes(deletedAmong(pieces));
    this.#changes = { shown, back: changes.invert(state.doc) };
    this.#change(changes);
  }

  /**
   * CodeMirror itself keeps the place only where it scrolls itself.
   *
   * @param {import("@codemirror/state").ChangeSpec} spec
   * @param {number} [top] what is to stand first on the screen, if it isn't what stands there now
   */
  #change(spec, top) {
    const changes = this.view.state.changes(spec);
    const { offset, below } = this.#place();
    const place = { offset: top ?? changes.mapPos(offset, 1), below };
    this.view.dispatch({ changes, effects: [this.#marked(), ...scrolledTo(place)] });
  }

  /** @param {number} offset */
  reveal(offset) {
    this.view.dispatch({ effects: EditorView.scrollIntoView(this.#within(offset), { y: "center" }) });
  }

  /** @param {number} offset */
  follow(offset) {
    const place = this.view.coordsAtPos(this.#within(offset));
    if (!isSeen(place, this.#marginAbove(), this.#marginBelow())) this.reveal(offset);
  }

  /** @param {number} index */
  revealChange(index) {
    const shown = this.#changes?.shown;
    const change = shown?.changes[index];
    const scrolling = change ? [EditorView.scrollIntoView(change.from, { y: "center" })] : [];
    this.view.dispatch({ effects: [this.#marked(index), ...scrolling] });
  }

  get top() {
    return this.#place().offset;
  }

  set top(offset) {
    this.view.dispatch({ effects: scrolledTo({ offset: this.#within(offset), below: 0 }) });
  }

  destroy() {
    this.view.destroy();
  }

  /** @param {number} [current] number of the change that is marked as such */
  #marked(current = -1) {
    const changes = this.#changes?.shown;
    const authors = this.#authors;
    if (changes) return this.#marks.reconfigure(onScreen((from, to) => changes.between(from, to, current)));
    if (!authors) return this.#marks.reconfigure([]);
    return this.#marks.reconfigure(onScreen((from, to) => {
      const stretches = between(authors.runs, from, to).filter(({ author }) => author);
      return stretches.map(({ from: start, to: end, author }) => authors.mark(author).range(start, end));
    }));
  }

  /** @param {number} offset */
  #within(offset) {
    return Math.max(0, Math.min(offset, this.view.state.doc.length));
  }

  /** @returns {Place} what stands first on the screen */
  #place() {
    const { contentDOM, scrollDOM } = this.view;
    const edge = Math.max(this.#edge(), scrollDOM.getBoundingClientRect().top);
    const offset = this.view.posAtCoords({ x: contentDOM.getBoundingClientRect().left, y: edge + 1 }, false);
    const top = this.view.coordsAtPos(offset, 1)?.top;
    return { offset, below: top === undefined ? 0 : top - this.#edge() };
  }

  /** Where on the screen that begins in which the text is scrolled, less what something else covers of it. */
  #edge() {
    return frameTop(this.view.scrollDOM) + this.#marginAbove();
  }
}

/** @typedef {{ offset: number, below: number }} Place of a text, and how many pixels below the edge of the screen it stands */

/** @param {Place} place @returns {import("@codemirror/state").StateEffect<unknown>[]} */
function scrolledTo({ offset, below }) {
  if (offset === 0 && below > 0) return []; // the text stands at its beginning, and so may what is above it
  return [EditorView.scrollIntoView(offset, { y: "start", yMargin: below })];
}

/** @param {readonly Piece[]} pieces @returns {{ from: number, insert: string }[]} what makes the merged text of the content after */
function deletedAmong(pieces) {
  const changes = [];
  let place = 0;
  for (const { kind, content } of pieces) {
    if (kind === "deleted") changes.push({ from: place, insert: plainText(content) });
    else place += endOfChange(content);
  }
  return changes;
}

/** @param {(from: number, to: number) => Marked[]} marksBetween @returns {import("@codemirror/state").Extension} that marks what is on the screen */
function onScreen(marksBetween) {
  /** @param {EditorView} view */
  const marks = ({ visibleRanges }) => Decoration.set(visibleRanges.flatMap(({ from, to }) => marksBetween(from, to)), true);
  return ViewPlugin.define((view) => ({
    decorations: marks(view),
    /** @param {import("@codemirror/view").ViewUpdate} update */
    update({ docChanged, viewportChanged, view }) {
      if (docChanged || viewportChanged) this.decorations = marks(view);
    },
  }), { decorations: ({ decorations }) => decorations });
}
