/**
 * What others did while this client was away, as one operation over which its own edits can be carried quickly.
 *
 * `Missed` is an operation from the text that this client sees (*mine*) to the newest one (*theirs*), as a
 * sequence of pieces: kept ones stand in both texts, inserted ones in theirs only, deleted ones in mine only. Events
 * come in on their side (`take`), then own edits pass from mine to theirs (`carry`). That costs a search for each
 * edit, where carrying k edits over m events in pairs costs k·m. It is the twin of `collab/missed.py`, which says
 * more, also of the ties; tests/vectors/rebase.json holds both to the same answers.
 */

import { compose, without } from "./operation/attributes.js";
import { insert, push, retain, trim } from "./operation/components.js";
import { single } from "./operation/coalesce.js";
import { MINE, Pieces, THEIRS, goesLeft, piece } from "./pieces.js";

/** @typedef {import("./operation.js").Attributes} Attributes */
/** @typedef {import("./operation.js").Component} Component */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./pieces.js").Piece} Piece */

export class Missed {
  #pieces = new Pieces();

  /** All of it as one operation in normal form, from mine to theirs. */
  get operation() {
    /** @type {Operation} */
    const result = [];
    for (const { lengths, content, attributes } of this.#pieces) {
      const [mine, theirs] = lengths;
      if (content !== null) push(result, insert(content, attributes));
      else push(result, theirs ? retain(mine, attributes) : -mine);
    }
    return trim(result);
  }

  /**
   * Add what happened next.
   *
   * @param {Operation} op
   * @param {boolean} [left] whether what it inserts goes left of this client's inserts
   */
  take(op, left = false) {
    let place = 0;
    let sought = false;
    for (const component of op) {
      if (typeof component === "number" && component > 0) {
        place += component;
        sought = false;
        continue;
      }
      if (!sought) this.#pieces.border(THEIRS, place);
      sought = true;
      if (typeof component === "number") this.#deleteTheirs(-component);
      else if (typeof component === "object" && "retain" in component) {
        this.#formatTheirs(component.retain, component.attributes ?? null, left);
        place += component.retain;
      } else place += this.#insertTheirs(component, left);
    }
  }

  /** @param {Component} component @param {boolean} left @returns {number} */
  #insertTheirs(component, left) {
    const { before, here } = this.#pieces;
    // What came first draws the border between left and right; what comes later beside it stays on that side.
    const beforeGoesRight = before !== undefined && !before.lengths[MINE] && !before.left;
    const { content, length, attributes } = inserted(component);
    this.#pieces.put(piece(0, length, { content, attributes, left: goesLeft(here) || (left && !beforeGoesRight) }));
    return length;
  }

  /** @param {number} length */
  #deleteTheirs(length) {
    const pieces = this.#pieces;
    for (let left = length; left > 0; ) {
      const here = pieces.hereAtMost(THEIRS, left);
      const [mine, theirs] = here.lengths;
      left -= theirs;
      if (theirs && !mine) pieces.replace();
      else {
        if (theirs) pieces.replace(piece(mine, 0));
        pieces.stepJoining();
      }
    }
  }

  /** @param {number} length @param {Attributes | null} attributes @param {boolean} wins */
  #formatTheirs(length, attributes, wins) {
    const pieces = this.#pieces;
    for (let left = length; left > 0; ) {
      const here = pieces.hereAtMost(THEIRS, left);
      const [mine, theirs] = here.lengths;
      left -= theirs;
      if (theirs) {
        const kept = mine > 0;
        const both = compose(here.attributes, attributes, kept);
        pieces.replace({ ...here, attributes: both, left: kept ? wins : here.left });
      }
      pieces.step(pieces.here);
    }
  }

  /** All has been taken: make it quick to carry edits over. */
  settle() {
    this.#pieces.join();
  }

  /**
   * @param {Operation} op an own edit of mine
   * @returns {Operation} it as it applies to theirs; from then on both texts contain it
   */
  carry(op) {
    const edit = single(op);
    const carried = edit && this.#carryIntoKept(edit);
    if (carried) return carried;
    const result = new Result();
    let place = 0;
    let sought = false;
    let deleted = false;
    for (const component of op) {
      const inserts = typeof component === "string" || (typeof component === "object" && "insert" in component);
      if (deleted && !inserts) this.#pushBackAll();
      deleted = false;
      if (typeof component === "number" && component > 0) {
        place += component;
        sought = false;
        continue;
      }
      if (!sought) this.#pieces.border(MINE, place, !inserts);
      sought = true;
      if (typeof component === "number") {
        this.#deleteMine(-component, result);
        deleted = true;
      } else if (typeof component === "object" && "retain" in component) {
        this.#formatMine(component.retain, component.attributes ?? null, result);
        place += component.retain;
      } else place += this.#insertMine(component, result);
    }
    if (deleted) this.#pushBackAll();
    return trim(result.op);
  }

  /**
   * A plain edit within one kept piece, which only becomes longer or shorter.
   *
   * @param {import("./operation/coalesce.js").Single} edit
   * @returns {Operation | null} null if it isn't that
   */
  #carryIntoKept({ place, step }) {
    const offset = this.#pieces.seek(MINE, place);
    const there = this.#pieces.places[THEIRS] + offset;
    if (!this.#pieces.resize(offset, typeof step === "string" ? step.length : step)) return null;
    return there ? [there, step] : [step];
  }

  /** @param {Component} component @param {Result} result @returns {number} */
  #insertMine(component, result) {
    const pieces = this.#pieces;
    while (goesLeft(pieces.here)) pieces.stepJoining();
    const { length } = inserted(component);
    result.add(pieces.places[THEIRS], component, length);
    pieces.put(piece(length, length));
    return length;
  }

  /** @param {number} length @param {Result} result */
  #deleteMine(length, result) {
    const pieces = this.#pieces;
    while (pieces.here.lengths[MINE] === 0) pieces.stepJoining();
    for (let left = length; left > 0; ) {
      const here = pieces.hereAtMost(MINE, left);
      const [mine, theirs] = here.lengths;
      left -= mine;
      if (mine && theirs) result.add(pieces.places[THEIRS], -theirs, 0);
      if (mine) pieces.replace();
      else this.#pushBack(here);
    }
  }

  /** What others inserted here, right behind deleted text, leans. */
  #pushBackAll() {
    while (goesLeft(this.#pieces.here)) this.#pushBack(this.#pieces.here);
  }

  /** @param {Piece} here inserted behind text that is deleted: own inserts go left of it from now on */
  #pushBack(here) {
    this.#pieces.replace({ ...here, left: false });
    this.#pieces.stepJoining();
  }

  /** @param {number} length @param {Attributes | null} attributes @param {Result} result */
  #formatMine(length, attributes, result) {
    const pieces = this.#pieces;
    for (let left = length; left > 0; ) {
      const here = pieces.hereAtMost(MINE, left);
      const [mine, theirs] = here.lengths;
      left -= mine;
      if (mine && theirs) {
        const given = here.left ? without(attributes, here.attributes) : attributes;
        result.add(pieces.places[THEIRS], retain(theirs, given), theirs);
        if (!here.left) pieces.replace({ ...here, attributes: without(here.attributes, attributes) });
      }
      pieces.step(here);
    }
  }
}

/** An operation that is written step by step, each at its place in the text as the steps before have left it. */
class Result {
  /** @type {Operation} */
  op = [];
  #reached = 0;

  /** @param {number} place @param {Component} component @param {number} length of the text after it that is its own */
  add(place, component, length) {
    push(this.op, place - this.#reached);
    push(this.op, component);
    this.#reached = place + length;
  }
}

/** @param {Component} component an insert */
function inserted(component) {
  const rich = typeof component === "object" && "insert" in component;
  const content = rich ? component.insert : String(component);
  const attributes = (rich && component.attributes) || null;
  return { content, length: typeof content === "string" ? content.length : 1, attributes };
}
