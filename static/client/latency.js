/**
 * How long the log takes to answer, from sending an own edit or a ping until that comes back. One is timed at a
 * time, and the next is the first that is sent after its answer.
 */
export class Latency {
  /** @type {number | null} of the newest answer */
  milliseconds = null;
  /** @type {{ id: number, at: number } | null} */
  #timed = null;

  /** @param {number} id of the edit, 0 for a ping @param {number} now milliseconds */
  sent(id, now) {
    this.#timed ??= { id, at: now };
  }

  /** @param {number} id @param {number} now milliseconds */
  answered(id, now) {
    if (this.#timed?.id !== id) return;
    this.milliseconds = now - this.#timed.at;
    this.#timed = null;
  }

  /** What was sent may never be answered. */
  reset() {
    this.#timed = null;
  }
}
