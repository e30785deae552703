/**
 * A rich document to be read: Quill in which nothing can be written.
 *
 * The page brings the styles: vendor/quill.css, pages/rich-editor.css, and pages/history-paper.css after them.
 */

import { randomId } from "../client/environment.js";
import { apply, contentLength, invert, plainText, transformOffset } from "../client/operation.js";
import Quill from "../vendor/quill.js";
import { between, edited, lengthOf } from "./authorship.js";
import { lengthAfter } from "./changes-shown.js";
import { lacksEnd, stepsOf, toSteps, withEnd } from "./deltas.js";
import { leadsTo } from "./paper.js";
import { AuthorHighlights } from "./quill-authorship.js";
import { BREAK, PIECE, ShownChanges, registryOfChanges } from "./quill-changes.js";
import { wordsOf } from "./quill-words.js";
import { frameTop, isSeen, scrollBy, scrollFrame } from "./screen.js";

/** @typedef {import("./paper.js").ColorOf} ColorOf */
/** @typedef {import("./paper.js").Content} Content */
/** @typedef {import("./paper.js").Operation} Operation */
/** @typedef {import("./paper.js").Piece} Piece */
/** @typedef {import("./paper.js").Run} Run */
/** @typedef {import("./deltas.js").Step} Step */
/** @typedef {import("./paper.js").PaperOptions & { imageOf?: (Image: any) => any }} RichPaperOptions `imageOf` gives what shows images, of what Quill has for it */

/**
 * @param {HTMLElement} parent
 * @param {RichPaperOptions} options
 * @returns {import("./paper.js").Paper}
 */
export function richPaper(parent, options) {
  return new RichPaper(parent, options);
}

class RichPaper {
  #frame = document.createElement("div");
  #words;
  #nameOf;
  #marginAbove;
  #marginBelow;
  /** @type {Content} */
  #shown = "";
  /** @type {{ shown: ShownChanges, back: Operation, merged: Content } | null} with the way back to the content shown */
  #changes = null;
  /** @type {readonly Run[] | null} of the content shown */
  #runs = null;
  /** @type {AuthorHighlights | null} */
  #authors = null;

  /** @param {HTMLElement} parent @param {RichPaperOptions} options */
  constructor(parent, { label, nameOf = (author) => author, marginAbove = () => 0, marginBelow = () => 0, imageOf = (Image) => Image }) {
    this.#nameOf = nameOf;
    this.#marginAbove = marginAbove;
    this.#marginBelow = marginBelow;
    const text = document.createElement("div");
    text.className = "rich-text";
    this.#frame.className = "rich rich-paper";
    this.#frame.append(text);
    parent.append(this.#frame);
    const registry = registryOfChanges((number) => this.#changes?.shown.element(number) ?? null, imageOf);
    const quill = new Quill(text, { readOnly: true, registry, modules: { toolbar: false } });
    this.view = quill;
    quill.keyboard.bindings = {}; // Tab goes on, and the arrows scroll
    quill.root.setAttribute("role", "region"); // in a text box screen readers would tell of no insertions and deletions
    quill.root.setAttribute("aria-label", label);
    quill.root.tabIndex = 0;
    const words = wordsOf(quill);
    this.#words = { ...words, format: (/** @type {string} */ name) => name !== PIECE && name !== BREAK && words.format(name) };
  }

  /** @param {Content} content @param {Operation} [operation] */
  show(content, operation) {
    this.showChanges(null);
    const before = this.#shown;
    this.#shown = content;
    if (operation && leadsTo(operation, contentLength(before), content)) {
      this.#runs &&= edited(this.#runs, operation, "");
      this.#change(toSteps(withEnd(operation, before, content), this.#words), operation);
      return;
    }
    this.#runs = null;
    this.#keepingPlace((offset) => offset, () => this.#replace(stepsOf(content, this.#words)));
  }

  /** @param {readonly Run[] | null} runs @param {ColorOf} [colorOf] */
  showAuthors(runs, colorOf = () => "") {
    this.#authors?.destroy();
    this.#runs = runs;
    /** @returns {readonly Run[]} of what is displayed */
    const displayed = () => (this.#changes || !this.#runs ? [{ length: this.view.getLength(), author: "" }] : this.#runs);
    const known = {
      get length() {
        return lengthOf(displayed());
      },
      /** @param {number} from @param {number} to */
      between: (from, to) => between(displayed(), from, to),
    };
    this.#authors = runs && new AuthorHighlights(this.view, known, { id: randomId(12), colorOf, nameOf: this.#nameOf });
  }

  /** @param {readonly Piece[] | null} pieces @param {ColorOf} [colorOf] */
  showChanges(pieces, colorOf) {
    const length = pieces ? lengthAfter(pieces) : 0;
    const wanted = contentLength(this.#shown);
    if (pieces && length !== wanted) throw new RangeError(`the pieces lead to ${length} units, and ${wanted} are shown`);
    if (this.#changes) {
      const { back, merged } = this.#changes;
      this.#changes = null;
      this.#change(toSteps(withEnd(back, merged, this.#shown), wordsOf(this.view)), back);
    }
    if (!pieces) return;
    const shown = new ShownChanges(pieces, colorOf, this.#nameOf);
    const { operation } = shown;
    const merged = apply(this.#shown, operation);
    this.#changes = { shown, back: invert(operation, this.#shown), merged };
    this.#change(toSteps(withEnd(operation, this.#shown, merged), wordsOf(this.view)), operation);
  }

  /** @param {number} offset */
  reveal(offset) {
    const { root } = this.view;
    const bounds = this.view.getBounds(this.#within(offset));
    if (!bounds) return;
    const frame = scrollFrame(root);
    const height = frame ? frame.clientHeight : window.innerHeight;
    const top = this.view.container.getBoundingClientRect().top + bounds.top - frameTop(root);
    scrollBy(root, top - (height - bounds.height) / 2);
  }

  /** @param {number} offset */
  follow(offset) {
    const bounds = this.view.getBounds(this.#within(offset));
    const top = this.view.container.getBoundingClientRect().top;
    const place = bounds && { top: top + bounds.top, bottom: top + bounds.bottom };
    if (!isSeen(place, this.#marginAbove(), this.#marginBelow())) this.reveal(offset);
  }

  /** @param {number} index */
  revealChange(index) {
    const { root } = this.view;
    for (const marked of root.querySelectorAll("[aria-current]")) marked.removeAttribute("aria-current");
    const change = this.#changes?.shown.changes[index];
    if (!change) return;
    for (const marked of root.querySelectorAll(`[data-change="${index}"], [data-break$=" ${index}"]`)) {
      marked.setAttribute("aria-current", "true");
    }
    this.reveal(change.from);
  }

  get top() {
    return this.#place().offset;
  }

  set top(offset) {
    scrollBy(this.view.root, this.#topOf(this.#within(offset)) - this.#edge());
  }

  destroy() {
    this.#authors?.destroy();
    this.#frame.remove();
  }

  /** @param {number} offset */
  #within(offset) {
    return Math.max(0, Math.min(offset, this.view.getLength() - 1));
  }

  /** @param {Step[]} steps @param {Operation} operation what they do to what is displayed */
  #change(steps, operation) {
    this.#keepingPlace(
      (offset) => transformOffset(offset, operation),
      () => {
        const done = this.#put(() => this.view.updateContents(/** @type {any} */ (steps), "api"));
        if (!done || !this.#fits()) this.#replace(this.#all());
      },
    );
  }

  /** @returns {Step[]} all that is displayed */
  #all() {
    return this.#changes ? stepsOf(this.#changes.merged, wordsOf(this.view)) : stepsOf(this.#shown, this.#words);
  }

  /** @returns {boolean} whether every place is where it should be: Quill may leave out what it can't have in a line */
  #fits() {
    const displayed = this.#changes?.merged ?? this.#shown;
    return this.view.getLength() === contentLength(displayed) + Number(lacksEnd(displayed));
  }

  /** @param {Step[]} steps */
  #replace(steps) {
    const done = this.#put(() => this.view.setContents(/** @type {any} */ (steps), "api"));
    if (done && this.#fits()) return;
    // At least every place is right.
    this.#put(() => this.view.setText(plainText(this.#changes?.merged ?? this.#shown), "api"));
  }

  /** @param {() => void} change @returns {boolean} whether Quill could do it: documents may have formats at which it throws */
  #put(change) {
    try {
      change();
      return true;
    } catch {
      this.view.scroll.batchEnd(); // which it began, and else would go on holding everything back
      return false;
    }
  }

  /** @param {(offset: number) => number} carry places over the change @param {() => void} change */
  #keepingPlace(carry, change) {
    const { offset, below } = this.#place();
    change();
    if (offset === 0 && below > 0) return; // the text stands at its beginning, and so may what is above it
    scrollBy(this.view.root, this.#topOf(this.#within(carry(offset))) - this.#edge() - below);
  }

  /** @returns {{ offset: number, below: number }} the line that stands first on the screen, and how far below the edge */
  #place() {
    const lines = this.view.getLines();
    const edge = Math.max(this.#edge(), frameTop(this.view.root));
    let [low, high] = [0, lines.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rectOf(lines[middle]).bottom <= edge + 1) low = middle + 1;
      else high = middle;
    }
    return { offset: this.view.getIndex(lines[low]), below: rectOf(lines[low]).top - this.#edge() };
  }

  /** @param {number} offset @returns {number} where on the screen its line begins */
  #topOf(offset) {
    const [line] = this.view.getLine(offset);
    return line ? rectOf(line).top : this.#edge();
  }

  /** Where on the screen that begins in which the text is scrolled, less what something else covers of it. */
  #edge() {
    return frameTop(this.view.root) + this.#marginAbove();
  }
}

/** @param {{ domNode: Node }} line @returns {DOMRect} */
function rectOf({ domNode }) {
  return /** @type {Element} */ (domNode).getBoundingClientRect();
}
