/** Who wrote each part of a document, as it is shown at any moment: asked of the server once, then kept up. */

import "../client/history.js"; // `doc.blame` would load it, and wait for ever where the network has just gone
import { diff } from "../client/operation.js";
import { between, edited, joined, lengthOf } from "./authorship.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("./authorship.js").Run} Run */
/** @typedef {{ operation: Operation, author: string }} Step */

/** Where several people's edits came in one, who did what is asked anew; so long it may be unknown. */
const ASK_MS = 1000;

export class Authors {
  #doc;
  #tell;
  #listening = new AbortController();
  /** @type {Run[] | null} of the shown text; null until they are known */
  #runs = null;
  #length = -1;
  /** @type {Step[] | null} what has been done since the server was asked; null while it isn't */
  #since = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {CollabDocument} doc that has been synced @param {() => void} tell that they are known, or known anew */
  constructor(doc, tell) {
    this.#doc = doc;
    this.#tell = tell;
    const { signal } = this.#listening;
    doc.on("change", (change) => this.#changed(change), { signal });
    // What a refused edit had deleted is somebody's.
    for (const name of /** @type {const} */ (["refused", "diverged", "synced"])) doc.on(name, () => this.#askSoon(), { signal });
    void this.#ask();
  }

  destroy() {
    this.#listening.abort();
    clearTimeout(this.#timer);
  }

  /** Units of the text that they are about; -1 until they are known. */
  get length() {
    return this.#length;
  }

  /** @param {number} from @param {number} to @returns {import("./authorship.js").Stretch[]} */
  between(from, to) {
    return between(this.#runs ?? [], from, to);
  }

  /** @param {import("../client/shapes.js").Change} change */
  #changed({ operation, author }) {
    this.#since?.push({ operation, author });
    if (this.#runs) this.#set(edited(this.#runs, operation, author));
    if (author === "") this.#askSoon();
  }

  /** @param {Run[]} runs */
  #set(runs) {
    this.#runs = runs;
    this.#length = lengthOf(runs);
  }

  #askSoon() {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#ask();
    }, ASK_MS);
  }

  async #ask() {
    if (this.#since) return this.#askSoon();
    const { version, author, pending, confirmedText, text } = this.#doc;
    /** @type {Step[]} */
    const since = pending > 0 ? [{ operation: diff(confirmedText, text), author }] : [];
    this.#since = since;
    try {
      const { runs } = await this.#doc.blame(version);
      let known = joined(runs.map(({ length, credit }) => ({ length, author: credit.author })));
      for (const step of since) known = edited(known, step.operation, step.author);
      if (this.#listening.signal.aborted) return;
      // A text of another length is another one: the document has been replaced meanwhile.
      if (lengthOf(known) !== this.#doc.text.length) return this.#askSoon();
      this.#set(known);
      this.#tell();
    } catch {
      // Not to be had: without colours the text is the same. It is asked for again when there is a connection again.
    } finally {
      this.#since = null;
    }
  }
}
