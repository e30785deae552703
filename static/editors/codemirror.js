/**
 * CodeMirror 6 on a collaborative document.
 *
 *     const view = new EditorView({ state: EditorState.create({ doc: doc.text, extensions: collaborative(doc) }) });
 *
 * What is typed goes to the document as operations; what the document says goes into the view. Undo is the
 * document's (own edits only), so CodeMirror's history must be left out.
 */

import { diff } from "../client/operation.js";
import { Annotation, Compartment, EditorView, Transaction, ViewPlugin } from "../vendor/codemirror.js";
import { endOfChange, toChanges, toOperation } from "./changes.js";
import { frozen, storedText } from "./cm-text.js";
import { peersField, setPeers } from "./peers.js";
import { undoKey } from "./undo-keys.js";
import { Waiting } from "./waiting.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("@codemirror/view").ViewUpdate} ViewUpdate */

/** Marks what came from the document, and so must not go back to it. */
const fromDocument = /** @type {import("@codemirror/state").AnnotationType<boolean>} */ (Annotation.define());

/** How long others' changes may wait for an input method that is at work on the same line. */
const COMPOSING_MS = 2000;

/**
 * @param {CollabDocument} doc that has been synced
 * @returns {import("@codemirror/state").Extension[]}
 */
export function collaborative(doc) {
  const freezing = new Compartment();
  const plugin = ViewPlugin.define((view) => new Binding(doc, view, freezing));

  /** @param {() => boolean} step @returns {import("@codemirror/view").Command} */
  const undoing = (step) => (view) => {
    view.plugin(plugin)?.undoOrRedo(step);
    return true;
  };
  const undo = undoing(() => doc.undo());
  const redo = undoing(() => doc.redo());

  return [
    storedText,
    EditorView.clipboardInputFilter.of((text) => text.replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "\ufffd")),
    freezing.of(doc.editable ? [] : frozen),
    peersField,
    plugin,
    EditorView.domEventHandlers({
      keydown(event, view) {
        const wish = undoKey(event);
        return wish !== null && (wish === "undo" ? undo(view) : redo(view));
      },
      beforeinput(event, view) {
        if (typesOverLines(event, view)) {
          event.preventDefault();
          view.dispatch(view.state.replaceSelection(event.data ?? ""), { userEvent: "input.type", scrollIntoView: true });
          return true;
        }
        if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return false;
        event.preventDefault();
        return event.inputType === "historyUndo" ? undo(view) : redo(view);
      },
    }),
  ];
}

/**
 * Typing over a selection of several lines is done without the browser, which would mend the torn lines with
 * inline styles, to which the CSP then objects.
 *
 * @param {InputEvent} event
 * @param {EditorView} view
 * @returns {boolean}
 */
function typesOverLines({ inputType, data, cancelable }, view) {
  if (inputType !== "insertText" || !data || !cancelable || view.composing || view.state.readOnly) return false;
  const { from, to } = view.state.selection.main;
  return view.state.doc.lineAt(from).to < to;
}

/** One view on one document. */
class Binding {
  #doc;
  #view;
  #freezing;
  #listening = new AbortController();
  #waiting = new Waiting();
  #scheduled = false;
  #typedAt = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #isFrozen;
  #sending = false;
  #peersDue = true;

  /** @param {CollabDocument} doc @param {EditorView} view @param {Compartment} freezing */
  constructor(doc, view, freezing) {
    this.#doc = doc;
    this.#view = view;
    this.#freezing = freezing;
    this.#isFrozen = !doc.editable;
    const { signal } = this.#listening;
    const schedule = () => this.#schedule();
    doc.on("change", ({ operation }) => this.#changed(operation), { signal });
    doc.on("presence", () => this.#peersChanged(), { signal });
    for (const name of /** @type {const} */ (["synced", "role", "diverged", "status", "closed"])) doc.on(name, schedule, { signal });
    view.contentDOM.addEventListener("compositionend", schedule, { signal });
    const missed = diff(view.state.doc.toString(), doc.text);
    if (missed.length > 0) this.#waiting.push(missed);
    this.#schedule();
  }

  destroy() {
    this.#listening.abort();
    clearTimeout(this.#timer);
    this.#doc.presence.set(null);
  }

  /** @param {Operation} operation */
  #changed(operation) {
    if (this.#sending) return;
    this.#waiting.push(operation);
    this.#schedule();
  }

  #peersChanged() {
    this.#peersDue = true;
    this.#schedule();
  }

  /** Many events may come in one frame: they go into the view together, before anything else happens. */
  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#listening.signal.aborted) this.#show();
    });
  }

  /** @param {ViewUpdate} update */
  update(update) {
    for (const transaction of update.transactions) {
      if (!transaction.docChanged || transaction.annotation(fromDocument)) continue;
      this.#typedAt = performance.now();
      this.#send(toOperation(transaction.changes, transaction.startState.doc));
    }
    const own = update.transactions.some((transaction) => !transaction.annotation(fromDocument));
    if ((own && (update.selectionSet || update.docChanged)) || update.focusChanged) this.#tellCaret();
  }

  /** @param {Operation} typed on what the view shows */
  #send(typed) {
    const operation = this.#waiting.carry(typed);
    this.#sending = true;
    try {
      this.#doc.edit(operation);
    } catch {
      // It can't be taken (half a character, or the document has just ended): the document is right.
      this.#repair();
    } finally {
      this.#sending = false;
    }
  }

  #repair() {
    queueMicrotask(() => {
      this.#waiting.take();
      this.#dispatch(diff(this.#view.state.doc.toString(), this.#doc.text));
    });
  }

  /** Show what waits, unless that would disturb an input method at work. */
  #show() {
    const isFrozen = !this.#doc.editable;
    if (isFrozen !== this.#isFrozen) {
      this.#isFrozen = isFrozen;
      this.#view.dispatch({ effects: this.#freezing.reconfigure(isFrozen ? frozen : []) });
    }
    if (this.#view.composing && performance.now() - this.#typedAt < COMPOSING_MS) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#schedule(), COMPOSING_MS / 4);
      return;
    }
    this.#flush();
    if (this.#peersDue) this.#showPeers();
  }

  #showPeers() {
    this.#peersDue = false;
    const { others } = this.#doc.presence;
    // Alone one is spared a second update of the view for every letter.
    if (others.length === 0 && this.#view.state.field(peersField).peers.length === 0) return;
    this.#view.dispatch({ effects: setPeers.of(others) });
  }

  /** @param {Operation} operation @param {boolean} [follow] whether the caret goes where it happens */
  #dispatch(operation, follow = false) {
    if (operation.length === 0) return;
    this.#view.dispatch({
      changes: toChanges(operation),
      annotations: [fromDocument.of(true), Transaction.remote.of(true), Transaction.addToHistory.of(false)],
      ...(follow ? { selection: { anchor: endOfChange(operation) }, scrollIntoView: true } : {}),
    });
  }

  /** @param {() => boolean} step of the document's undo */
  undoOrRedo(step) {
    this.#flush();
    if (!step()) return;
    this.#dispatch(this.#waiting.take(), true);
    this.#tellCaret();
  }

  #flush() {
    this.#dispatch(this.#waiting.take());
  }

  #tellCaret() {
    const { anchor, head } = this.#view.state.selection.main;
    if (!this.#waiting.isEmpty) return; // the view stands elsewhere than the document; #show comes
    this.#doc.presence.set({ anchor, head });
  }
}
