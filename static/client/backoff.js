/** Longest time to the first new try, and how often it may double. */
const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/** A connection that held so long counts as good: the next failure starts anew. */
const STABLE_MS = 60_000;

/**
 * How long to wait before the next try: full jitter, so that a thousand clients of a server that went away
 * do not come back in one wave. Clock and randomness are arguments.
 */
export class Backoff {
  #tries = 0;
  /** @type {number | null} */
  #openedAt = null;

  /** @param {number} now milliseconds; call it when a connection has been welcomed */
  opened(now) {
    this.#openedAt = now;
  }

  /**
   * @param {number} now milliseconds
   * @param {() => number} random from 0 to 1
   * @returns {number} milliseconds to wait
   */
  failed(now, random) {
    if (this.#openedAt !== null && now - this.#openedAt >= STABLE_MS) this.#tries = 0;
    this.#openedAt = null;
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries);
    this.#tries += 1;
    return random() * longest;
  }
}
