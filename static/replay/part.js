/** A part of a document's history, as the server's `replay` sends it, played here: any of its versions at once. */

import { apply, composeAll, invert } from "../client/operation.js";
import { countOf, cut } from "./steps.js";

/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */

/** @typedef {Omit<import("../client/history.js").Replay, "epoch"> & { content: Content }} Replay with its content */

/** Versions whose content is kept: people go back and forth around one place. */
const KEPT = 4;

export class Part {
  #steps;
  /** Version before each step. @type {number[]} */
  #starts = [];
  /** Version after each turn, and whose it was. @type {{ until: number, author: string }[]} */
  #turns = [];
  /** Of each version from `after` + 1 on, in milliseconds since 1970. @type {number[]} */
  #times = [];
  /** The used last comes last. @type {Map<number, Content>} */
  #known;

  /** @param {Replay} replay */
  constructor({ after, until, content, steps, turns, times }) {
    this.after = after;
    this.until = until;
    this.#steps = steps;
    this.#known = new Map([[after, content]]);
    let version = after;
    for (const step of steps) {
      this.#starts.push(version);
      version += countOf(step);
    }
    let turned = after;
    for (const [author, events] of turns) {
      turned += events;
      this.#turns.push({ until: turned, author });
    }
    let time = 0;
    for (const passed of times) this.#times.push((time += passed));
  }

  /** @param {number} version @returns {boolean} whether it can be shown from here; `after` itself can */
  covers(version) {
    return this.after <= version && version <= this.until;
  }

  /** @param {number} version after `after` @returns {string} whose event made it */
  authorOf(version) {
    return this.#turns[firstWhere(this.#turns.length, (index) => this.#turns[index].until >= version)].author;
  }

  /** @param {number} version after `after` @returns {number} when its event was stored, in milliseconds since 1970 */
  timeOf(version) {
    return this.#times[version - this.after - 1];
  }

  /** @param {number} version @returns {Content} */
  contentAt(version) {
    const known = this.#known.get(version);
    const content = known ?? this.#played(version);
    this.#known.delete(version);
    this.#known.set(version, content);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      if (old !== this.after) this.#known.delete(old);
    }
    return content;
  }

  /** @param {number} version */
  #played(version) {
    const from = Math.max(...[...this.#known.keys()].filter((known) => known < version));
    return apply(/** @type {Content} */ (this.#known.get(from)), this.#forward(from, version));
  }

  /** @param {number} from version @param {number} to version @returns {Operation} that leads from one to the other */
  operation(from, to) {
    return from <= to ? this.#forward(from, to) : invert(this.#forward(to, from), this.contentAt(to));
  }

  /**
   * @param {number} from version
   * @param {number} to version, no less
   * @returns {Generator<{ operation: Operation, author: string }, void>} what leads from one to the other, each author's turn by itself
   */
  *authored(from, to) {
    let version = from;
    for (const { until, author } of this.#turns) {
      if (until <= version) continue;
      if (version >= to) return;
      const end = Math.min(until, to);
      yield { operation: this.#forward(version, end), author };
      version = end;
    }
  }

  /** @param {number} from @param {number} to no less */
  #forward(from, to) {
    /** @type {Operation[]} */
    const operations = [];
    const starts = this.#starts;
    for (let index = firstWhere(starts.length, (place) => starts[place] > from) - 1; index >= 0 && index < starts.length && starts[index] < to; index += 1) {
      operations.push(cut(this.#steps[index], from - starts[index], to - starts[index]));
    }
    return composeAll(operations);
  }
}

/** @param {number} length @param {(index: number) => boolean} holds false up to some index, true from there on @returns {number} that index */
function firstWhere(length, holds) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
