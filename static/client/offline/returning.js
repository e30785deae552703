/** @typedef {import("../keeping.js").Kept} Kept */
/** @typedef {import("../keeping.js").Report} Report */
/** @typedef {import("../session.js").Refusal} Refusal */
/** @typedef {import("../session.js").Session} Session */

/** What becomes of the edits that an earlier page left behind. */
export class Returning {
  #ids;
  /** @type {((report: Report | null) => void) | null} */
  #done;
  /** @type {Refusal[]} */
  #refused = [];
  #asked = false;

  /**
   * @param {Kept} kept
   * @param {(report: Report | null) => void} done called once; null where all were in the log already, and only the
   *   answer had been missed
   */
  constructor(kept, done) {
    this.#ids = new Set(kept.edits.map(({ id }) => id));
    this.#done = done;
  }

  /** @param {Refusal} refusal */
  refused(refusal) {
    if (this.#ids.has(refusal.id)) this.#refused.push(refusal);
  }

  /** @param {Session} session something has happened in it */
  watch(session) {
    const open = session.replica.pending.some(({ id }) => this.#ids.has(id));
    const missed = !this.#asked && !open && this.#refused.length === 0;
    this.#asked ||= session.caughtUp;
    if (open || !this.#asked || !this.#done) return;
    const [total, refused, done] = [this.#ids.size, this.#refused, this.#done];
    this.#done = null;
    done(missed ? null : { total, applied: total - refused.length, refused });
  }
}
