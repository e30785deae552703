/** How far a playing history has come: by so many events a second, or as time went, without the long pauses. */

/** @typedef {number | "real"} Speed times `RATE`, or real time */

/** Events a second at speed 1. */
export const RATE = 10;

/** @type {readonly Speed[]} */
export const SPEEDS = [1, 2, 5, 10, 20, 50, 100, "real"];

/** In real time a longer pause takes so long, in milliseconds. */
export const LONGEST_PAUSE = 2000;

/**
 * A page that was hidden, or busy, goes on where it was and does not catch up. The first frame may have begun before
 * one has asked for it, and takes no time back.
 */
const LONGEST_FRAME = 500;

export class Player {
  /** What has passed since the last event, in events, or in milliseconds in real time. */
  #passed = 0;
  /** @type {Speed} */
  #speed = 1;

  /** @param {Speed} speed */
  set speed(speed) {
    this.#speed = speed;
    this.#passed = 0;
  }

  get speed() {
    return this.#speed;
  }

  /**
   * @param {number} milliseconds that have passed; none if it is negative
   * @param {number} version that is shown
   * @param {(version: number) => number | undefined} timeOf in milliseconds since 1970, as far as it is known
   * @returns {number} the version to be shown now: the same one, or a later one, perhaps later than there are
   */
  advance(milliseconds, version, timeOf) {
    const frame = Math.min(Math.max(0, milliseconds), LONGEST_FRAME);
    if (this.#speed !== "real") {
      this.#passed += (frame * RATE * this.#speed) / 1000;
      const events = Math.floor(this.#passed);
      this.#passed -= events;
      return version + events;
    }
    this.#passed += frame;
    let reached = version;
    for (;;) {
      const [now, next] = [timeOf(reached), timeOf(reached + 1)];
      if (next === undefined) return Math.max(reached, version + 1); // it has to be loaded, or there is none
      const pause = now === undefined ? 0 : Math.min(Math.max(0, next - now), LONGEST_PAUSE);
      if (this.#passed < pause) return reached;
      this.#passed -= pause;
      reached += 1;
    }
  }
}
