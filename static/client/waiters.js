/** Those who wait until a number is reached, or can no longer be. */

/**
 * @typedef {object} Waiting
 * @property {number} upTo
 * @property {(value: void) => void} resolve
 * @property {(error: Error) => void} reject
 */

/** Each waits for a number of its own. */
export class Waiters {
  /** @type {Waiting[]} */
  #waiting = [];

  /** @param {number} upTo @returns {Promise<void>} */
  wait(upTo) {
    return new Promise((resolve, reject) => this.#waiting.push({ upTo, resolve, reject }));
  }

  /** @param {number} reached those who wait for no more than this may go on */
  reached(reached) {
    this.#take(({ upTo }) => upTo <= reached).forEach(({ resolve }) => resolve());
  }

  /**
   * @param {Error} error for those who wait for `number` or more
   * @param {number} number
   */
  failed(error, number = -Infinity) {
    this.#take(({ upTo }) => upTo >= number).forEach(({ reject }) => reject(error));
  }

  /** @param {(waiting: Waiting) => boolean} wanted @returns {Waiting[]} */
  #take(wanted) {
    const taken = this.#waiting.filter(wanted);
    this.#waiting = this.#waiting.filter((waiting) => !taken.includes(waiting));
    return taken;
  }
}
