/** What changed between two versions, in pieces that can be marked. */

import { changesOf } from "../../editors/changes-shown.js";

/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("../../editors/changes-shown.js").Piece} Piece */
/** @typedef {import("../../replay/past.js").Past} Past */

export class Comparing {
  #past;
  #history;
  /** The last comparison: one comes back to it by any other wish. @type {{ older: number, newer: number, pieces: Piece[] } | null} */
  #last = null;

  /** @param {Past} past @param {Pick<History, "diff">} history */
  constructor(past, history) {
    this.#past = past;
    this.#history = history;
  }

  /**
   * @param {number} older
   * @param {number} newer than that, and loaded
   * @param {number} newest
   * @returns {Promise<Piece[]>} of the text before and after together
   */
  async pieces(older, newer, newest) {
    if (this.#last?.older === older && this.#last.newer === newer) return this.#last.pieces;
    const pieces = await this.#compared(older, newer, newest);
    this.#last = { older, newer, pieces };
    return pieces;
  }

  /** @param {number} older @param {number} newer @param {number} newest */
  async #compared(older, newer, newest) {
    await this.#past.load(older, newest);
    const before = this.#past.contentAt(older);
    const one = newer === older + 1 ? this.#past.operation(older, newer) : undefined;
    if (one) {
      const author = this.#past.partOf(newer)?.authorOf(newer);
      return changesOf(before, one).map((piece) => (piece.kind === "kept" ? piece : { ...piece, author }));
    }
    const { operation, parts } = await this.#history.diff(older, newer);
    return changesOf(before, operation, parts);
  }
}
