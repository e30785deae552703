/**
 * Quill 2 on a collaborative document.
 *
 *     const binding = bindQuill(doc, new Quill(element));
 *
 * What is done in Quill goes to the document as operations; what the document says goes into Quill. Undo is the
 * document's (own edits only): Quill's history is kept empty as long as the binding lives. Embeds that are blocks
 * of their own, such as videos, get newlines from Quill that nobody wrote, and so show as a stand-in.
 */

import { apply, contentLength, plainText, same, transformOffset } from "../client/operation.js";
import { endOfChange } from "./changes.js";
import { afterLocal, lacksEnd, stepsOf, toOperation, toSteps, withEnd } from "./deltas.js";
import { LastNewline } from "./last-newline.js";
import { givesKind, oneKind } from "./line-kinds.js";
import { PeerLayer } from "./quill-peers.js";
import { takeUndo } from "./quill-undo.js";
import { wordsOf } from "./quill-words.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("quill").default} Quill */
/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("./deltas.js").Step} Step */

/**
 * How long others' changes may wait for an input method at which nothing is typed. Quill can take nothing in beside it: what
 * has been composed by then is taken as it stands, so this is longer than one looks for a word in its list.
 */
const COMPOSING_MS = 10_000;

/**
 * @param {CollabDocument} doc that has been synced
 * @param {Quill} quill whose text is replaced by the document's
 * @returns {{ destroy: () => void }}
 */
export function bindQuill(doc, quill) {
  return new Binding(doc, quill);
}

/** @param {Content} a @param {Content} b @returns {boolean} */
function sameContent(a, b) {
  /** @param {Content} content */
  const listed = (content) => (typeof content === "string" && content ? [content] : content || []);
  return same(listed(a), listed(b));
}

class Binding {
  #doc;
  #quill;
  #words;
  #peers;
  #lastNewline = new LastNewline();
  /** Whether a line may be of two kinds. */
  #mixed = false;
  #listening = new AbortController();
  /** @type {Content} of the document, as Quill shows it */
  #shown = "";
  #waiting = new Waiting();
  #scheduled = false;
  #sending = false;
  #showing = false;
  #typedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** Whether Quill shows something else than `#shown`. */
  #stale = true;

  /** @param {CollabDocument} doc @param {Quill} quill */
  constructor(doc, quill) {
    this.#doc = doc;
    this.#quill = quill;
    this.#words = wordsOf(quill);
    const { signal } = this.#listening;
    this.#peers = new PeerLayer(quill, signal);
    doc.on("change", ({ operation }) => this.#changed(operation), { signal });
    for (const name of /** @type {const} */ (["presence", "synced", "role", "diverged", "status", "closed"])) {
      doc.on(name, this.#schedule, { signal });
    }
    quill.on("text-change", this.#typed);
    quill.on("selection-change", this.#schedule);
    quill.root.addEventListener("compositionend", this.#schedule, { signal });
    quill.root.addEventListener("input", () => (this.#typedAt = performance.now()), { signal });
    takeUndo(quill, (wish) => this.#undoOrRedo(wish), signal);
    this.#show();
  }

  destroy() {
    if (this.#listening.signal.aborted) return;
    this.#listening.abort();
    clearTimeout(this.#timer);
    this.#quill.off("text-change", this.#typed);
    this.#quill.off("selection-change", this.#schedule);
    this.#doc.presence.set(null);
  }

  /** @param {Operation} operation */
  #changed(operation) {
    if (this.#sending) return;
    this.#waiting.push(operation);
    this.#lastNewline.note(operation);
    // Whoever's edit comes second into the log mends what the two make together.
    this.#mixed ||= this.#doc.pending > 0 && givesKind(operation);
    this.#schedule();
  }

  /** Many events may come in one frame: they go into Quill together, before anything else happens. */
  #schedule = () => {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#listening.signal.aborted) return;
      this.#mend(); // not earlier, or others would be told of this change before the one that is mended
      this.#show();
    });
  };

  /** By the user or by a program, but not by this binding. @param {{ ops: Step[] }} delta */
  #typed = ({ ops }) => {
    if (this.#showing) return;
    this.#schedule();
    try {
      this.#send(toOperation(ops));
    } catch {
      // It can't be taken (half a character, or the document has just ended): the document is right.
      this.#stale = true;
    }
  };

  /** @param {Operation} typed on what Quill shows */
  #send(typed) {
    const brings = lacksEnd(this.#shown);
    const { operation, after } = afterLocal(typed, this.#shown);
    this.#shown = after;
    const carried = this.#waiting.carry(operation);
    this.#sending = true;
    try {
      this.#doc.edit(carried);
    } finally {
      this.#sending = false;
    }
    this.#peers.carry(typed);
    this.#lastNewline.carry(carried);
    if (!brings) return;
    this.#lastNewline.brought(contentLength(after) - 1, this.#doc.whenSaved());
    for (const waiting of this.#waiting.operations) this.#lastNewline.note(waiting);
    this.#mend();
  }

  #mend() {
    if (!this.#doc.editable) return;
    const surplus = this.#lastNewline.surplus(this.#doc.content);
    if (surplus.length > 0) this.#doc.edit(surplus, { undoable: false });
    if (!this.#mixed && surplus.length === 0) return;
    this.#mixed = false;
    const kinds = oneKind(this.#doc.content);
    if (kinds.length > 0) this.#doc.edit(kinds, { undoable: false });
  }

  /** Show what waits, unless that would disturb an input method at work. */
  #show() {
    this.#freeze(!this.#doc.editable);
    const { composition, scroll } = this.#quill;
    if (!composition.isComposing) return this.#showAll();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#schedule, COMPOSING_MS / 10);
    if (this.#waiting.isEmpty || performance.now() - this.#typedAt < COMPOSING_MS) return;
    // Quill has put off what it saw being composed, and would put off what comes now.
    scroll.batchEnd();
    this.#showAll();
    if (composition.isComposing) scroll.batchStart();
  }

  /** @param {boolean} isFrozen */
  #freeze(isFrozen) {
    if (this.#quill.isEnabled() !== isFrozen) return;
    this.#quill.enable(!isFrozen);
    this.#quill.root.setAttribute("aria-readonly", String(isFrozen));
    this.#quill.root.tabIndex = 0; // still to be reached by keyboard, for reading and copying
  }

  #showAll() {
    this.#flush();
    // Where the document was loaded anew, it says what has changed of its text alone.
    if (this.#stale || !sameContent(this.#shown, this.#doc.content)) this.#reload();
    this.#peers.show(this.#doc.presence.others);
    const range = this.#quill.hasFocus() ? this.#quill.getSelection() : null;
    if (!range) return;
    // Quill's own newline is no place in the document.
    const length = contentLength(this.#shown);
    const [anchor, head] = [range.index, range.index + range.length].map((place) => Math.min(place, length));
    this.#doc.presence.set({ anchor, head });
  }

  /** @returns {Operation} what Quill shows now and didn't before */
  #flush() {
    this.#quill.update("user"); // what was typed and Quill has not looked at
    const operation = this.#waiting.take();
    if (operation.length === 0) return operation;
    const before = this.#shown;
    this.#shown = apply(before, operation);
    this.#peers.carry(operation);
    this.#keepSelection(operation);
    const steps = toSteps(withEnd(operation, before, this.#shown), this.#words);
    this.#stale ||= !this.#put(() => this.#quill.updateContents(/** @type {any} */ (steps), "api"));
    return operation;
  }

  /**
   * While something else has the focus, Quill would take it for the sake of a selection in its text, and not carry
   * over the change the one to which it comes back.
   *
   * @param {Operation} operation
   */
  #keepSelection(operation) {
    if (this.#quill.hasFocus()) return;
    const native = document.getSelection();
    if (native?.anchorNode && this.#quill.root.contains(native.anchorNode)) native.removeAllRanges();
    const { savedRange } = this.#quill.selection;
    const { index, length } = savedRange;
    savedRange.index = transformOffset(index, operation);
    savedRange.length = transformOffset(index + length, operation) - savedRange.index;
  }

  #reload() {
    this.#waiting.take();
    this.#shown = this.#doc.content;
    const steps = stepsOf(this.#shown, this.#words);
    const done = this.#put(() => this.#quill.setContents(/** @type {any} */ (steps), "api"));
    if (!done) this.#put(() => this.#quill.setText(plainText(this.#shown), "api")); // at least every place is right
    this.#stale = false;
  }

  /**
   * @param {() => void} change of Quill's text that must not come back to the document
   * @returns {boolean} whether Quill could do it: others may send formats with values that it throws at
   */
  #put(change) {
    this.#showing = true;
    try {
      change();
      return true;
    } catch {
      this.#quill.scroll.batchEnd(); // which it began, and else would go on holding everything back
      return false;
    } finally {
      this.#showing = false;
    }
  }

  /** @param {"undo" | "redo"} wish */
  #undoOrRedo(wish) {
    this.#flush();
    const done = wish === "undo" ? this.#doc.undo() : this.#doc.redo();
    if (!done) return;
    const operation = this.#flush();
    this.#quill.setSelection(Math.min(endOfChange(operation), this.#quill.getLength() - 1), 0, "api");
  }
}
