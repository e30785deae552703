/**
 * A plain <textarea>, or an <input> of text, on a collaborative document.
 *
 *     const binding = bindTextarea(doc, document.querySelector("textarea"));
 *
 * The field shows the document's text from now on, whatever stood in it before. Undo is the document's (own edits
 * only). What an input method does is sent as it goes; what others do meanwhile waits for its end, since setting the
 * value would tear its word apart.
 */

import { apply, transformOffset } from "../client/operation.js";
import { endOfChange } from "./changes.js";
import { toOffset, toPlace, toValue, typed } from "./plain-value.js";
import { onUndoWish } from "./undo-keys.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/operation.js").Operation} Operation */

/**
 * @param {CollabDocument} doc
 * @param {HTMLTextAreaElement | HTMLInputElement} element
 * @returns {{ destroy(): void }} which lets go of the field, and leaves the text in it
 */
export function bindTextarea(doc, element) {
  const oneLine = element instanceof HTMLInputElement;
  const wasReadOnly = element.readOnly;
  const listening = new AbortController();
  const { signal } = listening;
  /** The document's text as far as the field shows it. */
  let shown = doc.text;
  const waiting = new Waiting();
  let composing = false;
  let sending = false;

  const freeze = () => void (element.readOnly = wasReadOnly || !doc.editable);

  /** @param {string} text @param {number} start of the selection, in `text` @param {number} end */
  function write(text, start, end) {
    shown = text;
    const { scrollTop, selectionDirection } = element;
    element.value = toValue(text, oneLine);
    // Safari would move the focus here.
    if (element.matches(":focus")) {
      const [from, to] = [start, end].map((offset) => toPlace(text, offset, oneLine));
      element.setSelectionRange(from, to, selectionDirection ?? "none");
    }
    element.scrollTop = scrollTop;
  }

  /** @returns {[number, number]} the selection, in `shown` */
  function selection() {
    const { selectionStart, selectionEnd } = element;
    return [toOffset(shown, selectionStart ?? 0, oneLine), toOffset(shown, selectionEnd ?? 0, oneLine)];
  }

  /** Send what was typed, and what a program has put into the field without an event. */
  function take() {
    if (element.value === toValue(shown, oneLine)) return;
    const done = typed(shown, element.value, element.selectionEnd ?? 0, oneLine);
    const text = String(apply(shown, done));
    const operation = waiting.carry(done);
    sending = true;
    try {
      doc.edit(operation);
      shown = text;
    } catch {
      // It can't be taken (half a character, or the document has just ended): the document is right.
      waiting.take();
      write(doc.text, ...selection());
    } finally {
      sending = false;
    }
  }

  function show() {
    const operation = waiting.take();
    if (operation.length === 0) return operation;
    const [start, end] = selection();
    const to = transformOffset(end, operation, "left");
    // What comes in at the edge of a selection is not selected.
    write(doc.text, start === end ? to : Math.min(to, transformOffset(start, operation, "right")), to);
    return operation;
  }

  /** @param {"undo" | "redo"} wish */
  function undoOrRedo(wish) {
    take();
    show();
    composing = true; // the change waits for us
    const done = doc[wish]();
    composing = false;
    const operation = show();
    if (done) write(doc.text, endOfChange(operation), endOfChange(operation));
  }

  function tellCaret() {
    if (composing || !element.matches(":focus")) return;
    const [start, end] = selection();
    const backward = element.selectionDirection === "backward";
    doc.presence.set(backward ? { anchor: end, head: start } : { anchor: start, head: end });
  }

  /** @param {{ operation: Operation }} change */
  const changed = ({ operation }) => {
    if (sending) return;
    waiting.push(operation);
    if (composing) return;
    take();
    show();
  };
  doc.on("change", changed, { signal });
  for (const name of /** @type {const} */ (["synced", "role", "diverged", "status", "closed"])) doc.on(name, freeze, { signal });

  const field = /** @type {HTMLElement} */ (element);
  onUndoWish(field, (wish) => !element.readOnly && !composing && undoOrRedo(wish), signal);
  field.addEventListener("input", take, { signal });
  field.addEventListener("compositionstart", () => (composing = true), { signal });
  const composed = () => {
    composing = false;
    take();
    show();
  };
  field.addEventListener("compositionend", composed, { signal });
  field.ownerDocument.addEventListener("selectionchange", tellCaret, { signal });

  freeze();
  write(shown, shown.length, shown.length);
  return {
    destroy() {
      listening.abort();
      element.readOnly = wasReadOnly;
      doc.presence.set(null);
    },
  };
}
