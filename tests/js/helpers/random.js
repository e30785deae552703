/** Random texts and operations for laws and fuzz: astral characters, attributes and embeds included. */

import { normalize, plainText } from "../../../static/client/operation.js";
import { isLow } from "../../../static/client/units.js";

/** @typedef {import("../../../static/client/operation.js").Attributes} Attributes */
/** @typedef {import("../../../static/client/operation.js").Component} Component */
/** @typedef {import("../../../static/client/operation.js").Content} Content */
/** @typedef {import("../../../static/client/operation.js").Operation} Operation */

const LETTERS = ["a", "b", "c", "d", "e", "ß", "’", "\n", "😀", "🎉"];

export class Random {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** A number from 0 to 1 (mulberry32). */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let value = this.state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** @param {number} from @param {number} to inclusive */
  int(from, to) {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  /** @param {number} probability */
  chance(probability) {
    return this.next() < probability;
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** @param {number} most characters @param {number} [least] */
  text(most, least = 0) {
    return Array.from({ length: this.int(least, most) }, () => this.pick(LETTERS)).join("");
  }

  /** @param {boolean} removing whether null may stand in them @returns {Attributes} */
  attributes(removing) {
    /** @type {unknown[]} */
    const values = [true, 1, "red", { deep: [1] }];
    if (removing) values.push(null);
    const keys = ["bold", "colour", "link"].filter(() => this.chance(0.4));
    return Object.fromEntries(keys.map((key) => [key, this.pick(values)]));
  }

  /** @param {boolean} rich @returns {Component} */
  insert(rich) {
    if (!rich || this.chance(0.6)) return this.text(3, 1);
    const content = this.chance(0.3) ? { image: this.pick(["x", "y", "z"]) } : this.text(3, 1);
    return { insert: content, attributes: this.attributes(false) };
  }

  /** @param {number} most inserts @returns {Content} */
  richText(most) {
    return normalize(Array.from({ length: this.int(0, most) }, () => this.insert(true)));
  }

  /**
   * @param {Content} content
   * @param {boolean} [rich]
   * @returns {Operation} in normal form, of up to some six components
   */
  operation(content, rich = false) {
    const offsets = boundaries(plainText(content));
    /** @type {Operation} */
    const operation = [];
    let place = 0;
    for (let step = this.int(1, 6); step > 0; step -= 1) {
      const chance = this.next();
      if (chance < 0.4) {
        operation.push(this.insert(rich));
      } else if (place < offsets.length - 1) {
        const end = this.int(place + 1, Math.min(offsets.length - 1, place + 4));
        const length = offsets[end] - offsets[place];
        place = end;
        if (chance < 0.65) operation.push(-length);
        else if (rich && chance < 0.8) operation.push({ retain: length, attributes: this.attributes(true) });
        else operation.push(length);
      }
    }
    return normalize(operation);
  }

  /**
   * @param {Content} content
   * @returns {Operation} one insert or delete near the others, as people type
   */
  keystroke(content) {
    const offsets = boundaries(plainText(content));
    const place = this.int(0, offsets.length - 1);
    if (place === offsets.length - 1 || this.chance(0.6)) return normalize([offsets[place], this.text(2, 1)]);
    return normalize([offsets[place], offsets[place] - offsets[place + 1]]);
  }
}

/** @param {string} text @returns {number[]} every offset that splits no surrogate pair */
export function boundaries(text) {
  const offsets = [];
  for (let offset = 0; offset <= text.length; offset += 1) {
    if (offset === 0 || offset === text.length || !isLow(text.charCodeAt(offset))) offsets.push(offset);
  }
  return offsets;
}

