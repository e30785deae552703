/** @typedef {import("../keeping.js").Kept} Kept */
/** @typedef {import("../keeping.js").Report} Report */
/** @typedef {import("../session.js").Refusal} Refusal */
/** @typedef {import("../session.js").Session} Session */

/** What becomes of the edits that an earlier page left behind. */
export class Returning {
  #ids;
  /** @type {((report: Report) => void) | null} */
  #done;
  /** @type {Refusal[]} */
  #refused = [];
  #asked = false;

  /**
   * @param {Kept} kept
   * @param {(report: Report) => void} done called once, with those as applied that were in the log already
   */
  constructor(kept, done) {
    this.#ids = new Set(kept.edits.map(({ id }) => id));
    this.#done = done;
  }

  /** @param {Refusal} refusal */
  refused(refusal) {
    if ((refusal.ids ?? [refusal.id]).some((id) => this.#ids.has(id))) this.#refused.push(refusal);
  }

  /** @param {Session} session something has happened in it */
  watch(session) {
    const open = session.replica.pending.some(({ id, ids = [id] }) => ids.some((each) => this.#ids.has(each)));
    this.#asked ||= session.caughtUp;
    if (open || !this.#asked || !this.#done) return;
    const [total, refused, done] = [this.#ids.size, this.#refused, this.#done];
    this.#done = null;
    const lost = refused.flatMap(({ id, ids = [id] }) => ids).filter((id) => this.#ids.has(id));
    done({ total, applied: total - lost.length, refused });
  }
}
