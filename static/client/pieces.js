/**
 * Two texts side by side as a sequence of pieces, each with its length in either, found by place in either.
 *
 * The pieces lie in chunks of about a hundred, and a cursor remembers the last place: the next one is mostly in
 * the same chunk, and any other is a few hundred additions away. missed.js gives the pieces their meaning. It is the
 * twin of `collab/pieces.py`.
 */

/** @typedef {import("./operation.js").Attributes} Attributes */
/** @typedef {0 | 1} Side of the pair of texts */

/**
 * @typedef {object} Piece a stretch of both texts, or of one of them; never changed in place
 * @property {[mine: number, theirs: number]} lengths in units
 * @property {string | Record<string, unknown> | null} content what was inserted, of a piece that only theirs has
 * @property {Attributes | null} attributes
 * @property {boolean} left whether an inserted piece goes left of inserts on the other side, or the attributes of
 *   a formatted one win
 */

export const MINE = 0;
export const THEIRS = 1;

/** Pieces to a chunk: half as many are looked at to find a place, and as many chunks hold ten thousand. */
const CHUNK = 96;

/** Length of the last piece: room to grow and shrink, with every sum still exact. */
const ENDLESS = 2 ** 52;

/**
 * @param {number} mine
 * @param {number} theirs
 * @param {Partial<Piece>} [rest]
 * @returns {Piece}
 */
export function piece(mine, theirs, { content = null, attributes = null, left = false } = {}) {
  return { lengths: [mine, theirs], content, attributes, left };
}

/** @param {Piece} piece @returns {boolean} whether it was inserted and goes left */
export function goesLeft({ lengths, left }) {
  return left && lengths[MINE] === 0;
}

/** @param {Piece} whole @param {number} offset @returns {[Piece, Piece]} its first `offset` units and the rest */
function cut(whole, offset) {
  const [mine, theirs] = whole.lengths;
  const { content } = whole;
  if (typeof content === "string") {
    return [
      { ...whole, lengths: [0, offset], content: content.slice(0, offset) },
      { ...whole, lengths: [0, theirs - offset], content: content.slice(offset) },
    ];
  }
  const one = mine ? offset : 0;
  const other = theirs ? offset : 0;
  return [
    { ...whole, lengths: [one, other] },
    { ...whole, lengths: [mine - one, theirs - other] },
  ];
}

/** @param {Piece} one @param {Piece} other @returns {Piece | null} both as one, if alike and without attributes */
function joined(one, other) {
  if (one.attributes || other.attributes || one.left !== other.left) return null;
  const [mine, theirs] = one.lengths;
  const sums = /** @type {const} */ ([mine + other.lengths[MINE], theirs + other.lengths[THEIRS]]);
  if (typeof one.content === "string" && typeof other.content === "string") {
    return piece(...sums, { content: one.content + other.content, left: one.left });
  }
  if (one.content !== null || other.content !== null) return null;
  const alike = mine > 0 === other.lengths[MINE] > 0 && theirs > 0 === other.lengths[THEIRS] > 0;
  return alike ? piece(...sums, { left: one.left }) : null;
}

/** A sequence of pieces that ends with an endless one, and a cursor before one of them. */
export class Pieces {
  /** @type {Piece[][]} */
  #chunks = [];
  /** @type {[number[], number[]]} of the chunks, on either side */
  #lengths = [[], []];
  #chunk = 0;
  #index = 0;
  /** @type {[number, number]} what lies before the cursor's chunk */
  #starts = [0, 0];
  /** @type {[number, number]} where the cursor stands in either text */
  places = [0, 0];

  constructor() {
    this.#load([piece(ENDLESS, ENDLESS)]);
  }

  /** @param {Piece[]} pieces */
  #load(pieces) {
    this.#chunks = [];
    for (let start = 0; start < pieces.length; start += CHUNK) this.#chunks.push(pieces.slice(start, start + CHUNK));
    this.#lengths = [lengthsOf(this.#chunks, MINE), lengthsOf(this.#chunks, THEIRS)];
    this.#chunk = this.#index = 0;
    this.#starts = [0, 0];
    this.places = [0, 0];
  }

  *[Symbol.iterator]() {
    for (const chunk of this.#chunks) yield* chunk;
  }

  /** Join neighbours that are alike, and go back to the start. */
  join() {
    /** @type {Piece[]} */
    const pieces = [];
    for (const next of this) {
      const last = pieces.at(-1);
      const both = last ? joined(last, next) : null;
      if (both) pieces[pieces.length - 1] = both;
      else pieces.push(next);
    }
    this.#load(pieces);
  }

  /**
   * Move to the first border at `place` in one of the texts. Where there is none, move before the piece in which
   * it lies.
   *
   * @param {Side} side
   * @param {number} place
   * @param {boolean} [unit] to the last border there instead, that of the unit at `place`
   * @returns {number} how far inside that piece, else 0
   */
  seek(side, place, unit = false) {
    // The end of a piece at which to stop: at the place, or only behind it.
    const end = place + Number(unit);
    const far = /** @type {Side} */ (1 - side);
    const lengths = this.#lengths[side];
    const others = this.#lengths[far];
    let at = this.#starts[side];
    let other = this.#starts[far];
    let number = this.#chunk;
    while (number > 0 && end <= at) {
      number -= 1;
      at -= lengths[number];
      other -= others[number];
    }
    while (end > at + lengths[number]) {
      at += lengths[number];
      other += others[number];
      number += 1;
    }
    this.#chunk = number;
    this.#starts[side] = at;
    this.#starts[far] = other;
    const chunk = this.#chunks[number];
    let index = 0;
    while (end > at) {
      const { lengths } = chunk[index];
      if (place < at + lengths[side]) break;
      at += lengths[side];
      other += lengths[far];
      index += 1;
    }
    this.#index = index;
    this.places[side] = at;
    this.places[far] = other;
    return place - at;
  }

  /**
   * `seek`, and where there is no border, make one.
   *
   * @param {Side} side
   * @param {number} place
   * @param {boolean} [unit]
   */
  border(side, place, unit) {
    const offset = this.seek(side, place, unit);
    if (offset === 0) return;
    const [first, rest] = cut(this.here, offset);
    this.replace(first, rest);
    this.step(first);
  }

  /** The piece behind the cursor. */
  get here() {
    const chunk = this.#chunks[this.#chunk];
    if (this.#index < chunk.length) return chunk[this.#index];
    this.#enterNext();
    return this.#chunks[this.#chunk][0];
  }

  /** @returns {Piece | undefined} the piece before the cursor */
  get before() {
    if (this.#index > 0) return this.#chunks[this.#chunk][this.#index - 1];
    return this.#chunks[this.#chunk - 1]?.at(-1);
  }

  #enterNext() {
    this.#starts[MINE] += this.#lengths[MINE][this.#chunk];
    this.#starts[THEIRS] += this.#lengths[THEIRS][this.#chunk];
    this.#chunk += 1;
    this.#index = 0;
  }

  /** Move behind the piece behind the cursor. @param {Piece} piece that one */
  step({ lengths }) {
    this.#index += 1;
    this.places[MINE] += lengths[MINE];
    this.places[THEIRS] += lengths[THEIRS];
  }

  /**
   * Move behind the piece behind the cursor, and join it to the one before if they are alike. Without it, thousands of
   * pieces that are nothing on one side would be passed again and again there.
   */
  stepJoining() {
    const { here } = this;
    const chunk = this.#chunks[this.#chunk];
    const index = this.#index;
    const both = index > 0 ? joined(chunk[index - 1], here) : null;
    this.step(here);
    if (!both) return;
    chunk.splice(index - 1, 2, both);
    this.#index = index;
  }

  /**
   * @param {Side} side
   * @param {number} length
   * @returns {Piece} the piece behind the cursor, cut if it has more than `length` units on one side
   */
  hereAtMost(side, length) {
    const { here } = this;
    if (here.lengths[side] <= length) return here;
    const [first, rest] = cut(here, length);
    this.replace(first, rest);
    return first;
  }

  /** @param {Piece} added piece to insert at the cursor; move behind it */
  put(added) {
    this.#splice(0, [added]);
    this.step(added);
  }

  /** @param {Piece[]} pieces to put in the place of the one behind the cursor; stay before them */
  replace(...pieces) {
    this.#splice(1, pieces);
  }

  /**
   * Make the piece in which `seek` found `offset` longer or shorter in both texts. Where `offset` is 0 and it is to
   * grow, that is the piece before the cursor, if the one behind doesn't go left. The cursor must be moved by `seek`
   * after that.
   *
   * @param {number} offset
   * @param {number} by
   * @returns {boolean} false, with nothing done, if it isn't a plain piece of both, of which something is left
   */
  resize(offset, by) {
    const chunk = this.#chunks[this.#chunk];
    let index = this.#index;
    if (index === chunk.length) return false;
    if (by > 0 && offset === 0) {
      if (index === 0 || goesLeft(chunk[index])) return false;
      index -= 1;
    }
    const { lengths, attributes } = chunk[index];
    if (!lengths[MINE] || !lengths[THEIRS] || attributes || offset - by >= lengths[MINE]) return false;
    chunk[index] = piece(lengths[MINE] + by, lengths[THEIRS] + by);
    this.#lengths[MINE][this.#chunk] += by;
    this.#lengths[THEIRS][this.#chunk] += by;
    return true;
  }

  /** @param {number} removed @param {Piece[]} pieces */
  #splice(removed, pieces) {
    const number = this.#chunk;
    const chunk = this.#chunks[number];
    const gone = chunk.splice(this.#index, removed, ...pieces);
    this.#lengths[MINE][number] += lengthOf(pieces, MINE) - lengthOf(gone, MINE);
    this.#lengths[THEIRS][number] += lengthOf(pieces, THEIRS) - lengthOf(gone, THEIRS);
    // Never the last chunk is empty, which ends with the endless piece.
    if (chunk.length === 0) this.#exchange(number, []);
    else if (chunk.length > 2 * CHUNK) {
      this.#exchange(number, [chunk.slice(0, CHUNK), chunk.slice(CHUNK)]);
      if (this.#index < CHUNK) return;
      const index = this.#index - CHUNK;
      this.#enterNext();
      this.#index = index;
    }
  }

  /** @param {number} number of the chunk that is exchanged @param {Piece[][]} chunks for others */
  #exchange(number, chunks) {
    this.#chunks.splice(number, 1, ...chunks);
    this.#lengths[MINE].splice(number, 1, ...lengthsOf(chunks, MINE));
    this.#lengths[THEIRS].splice(number, 1, ...lengthsOf(chunks, THEIRS));
  }
}

/** @param {readonly Piece[]} pieces @param {Side} side @returns {number} */
function lengthOf(pieces, side) {
  return pieces.reduce((sum, { lengths }) => sum + lengths[side], 0);
}

/** @param {readonly Piece[][]} chunks @param {Side} side @returns {number[]} */
function lengthsOf(chunks, side) {
  return chunks.map((chunk) => lengthOf(chunk, side));
}
