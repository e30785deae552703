/** Who wrote each part of a version: asked of the server once for a part of the history, then played along. */

import { edited, joined } from "../editors/authorship.js";

/** @typedef {import("../client/history.js").History} History */
/** @typedef {import("../editors/authorship.js").Run} Run */
/** @typedef {import("./part.js").Part} Part */
/** @typedef {import("./past.js").Past} Past */

/** Versions that are remembered, each with as many runs as its text changes hands. */
const KEPT = 16;

export class AuthorsPast {
  #history;
  /** The used last comes last. @type {Map<number, Run[]>} */
  #known = new Map([[0, /** @type {Run[]} */ ([])]]);

  /** @param {Pick<History, "blame">} history */
  constructor(history) {
    this.#history = history;
  }

  /**
   * @param {Past} past
   * @param {number} version that is loaded
   * @returns {Promise<Run[]>}
   */
  async runsAt(past, version) {
    const part = /** @type {Part} */ (past.partOf(version));
    let [from, runs] = this.#before(part, version) ?? [part.after, await this.#ask(part.after)];
    for (const { operation, author } of part.authored(from, version)) runs = edited(runs, operation, author);
    this.#remember(version, runs);
    return runs;
  }

  /** @param {Part} part @param {number} version @returns {[number, Run[]] | null} what is known nearest before it in the part */
  #before({ after }, version) {
    const known = [...this.#known.keys()].filter((each) => after <= each && each <= version);
    if (known.length === 0) return null;
    const nearest = Math.max(...known);
    return [nearest, /** @type {Run[]} */ (this.#known.get(nearest))];
  }

  /** @param {number} version */
  async #ask(version) {
    const { runs } = await this.#history.blame(version);
    const known = joined(runs.map(({ length, credit }) => ({ length, author: credit.author })));
    this.#remember(version, known);
    return known;
  }

  /** @param {number} version @param {Run[]} runs */
  #remember(version, runs) {
    this.#known.delete(version);
    this.#known.set(version, runs);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT) this.#known.delete(oldest);
  }
}
