/**
 * A token bucket: how soon the next edit may be sent, so that the server never has to refuse one for being
 * fast. The clock is an argument.
 *
 * Frames that were sent evenly may arrive in bunches, so a tenth of what the server allows is left unused.
 */
export class Pacer {
  #perMillisecond = 0;
  #burst = 0;
  #tokens = 0;
  #filledAt = 0;
  #configured = false;

  /**
   * Set the limits. The first call fills the bucket; later ones, after a reconnection, leave it as it is,
   * because the server may go on counting.
   *
   * @param {{ edits_per_second: number, edit_burst: number }} limits
   * @param {number} now milliseconds
   */
  configure(limits, now) {
    this.#perMillisecond = (limits.edits_per_second * 0.9) / 1000;
    this.#burst = Math.max(1, Math.floor(limits.edit_burst * 0.9));
    if (!this.#configured) this.#tokens = this.#burst;
    if (!this.#configured) this.#filledAt = now;
    this.#configured = true;
  }

  /**
   * Take a token, if there is one.
   *
   * @param {number} now milliseconds
   * @returns {number} 0 when taken, else in how many milliseconds there will be one
   */
  take(now) {
    const elapsed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsed * this.#perMillisecond);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return 0;
    }
    return Math.ceil((1 - this.#tokens) / this.#perMillisecond);
  }
}
