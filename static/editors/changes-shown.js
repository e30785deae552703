/**
 * What an operation does to a content, as something to read: the content before and after merged into one, in pieces
 * that were kept, inserted, deleted, or given another format.
 *
 *     changesOf("a cat", [2, -3, "dog"])   kept "a ", deleted "cat", inserted "dog": one change
 *
 * Kept and deleted pieces together are the text before, all but the deleted ones the content after.
 */

import { components as asComponents } from "../client/operation/compose.js";
import { compose as withAttributes } from "../client/operation/attributes.js";
import { DELETE, INSERT, Reader, insert, push } from "../client/operation/components.js";
import { same } from "../client/operation/same.js";
import { endOfChange } from "./changes.js";

/** @typedef {import("../client/operation.js").Component} Component */
/** @typedef {import("../client/operation.js").Content} Content */
/** @typedef {import("../client/operation.js").Operation} Operation */
/** @typedef {import("../client/history.js").Credit} Credit */
/** @typedef {import("../client/history.js").DiffPart} DiffPart */
/** @typedef {"kept" | "inserted" | "deleted" | "formatted"} Kind */

/**
 * @typedef {object} Piece
 * @property {Kind} kind
 * @property {Component[]} content inserts, never empty; of a formatted piece in the new format
 * @property {string} [author] whoever inserted or deleted it, if that is known
 * @property {string} [at] when they were last at it
 */

/**
 * @typedef {object} Change pieces beside each other none of which was kept
 * @property {number} from its place in the merged text, in UTF-16 units
 * @property {number} to
 * @property {number} first number of its first piece
 * @property {number} last number of its last piece
 */

/**
 * @param {Content} before
 * @param {Operation} operation on it
 * @param {readonly DiffPart[]} [parts] of the same comparison, as the server gives them: pieces of several authors are
 *   told apart then
 * @returns {Piece[]} no two neighbours of one kind and author; of what stands in one gap the deleted first
 */
export function changesOf(before, operation, parts = []) {
  const credits = creditsOf(parts);
  const step = new Reader(operation);
  const base = new Reader(asComponents(before));
  const merging = new Merging();
  let [place, placeAfter] = [0, 0];
  while (!(step.ended && base.ended)) {
    if (step.kind === INSERT) {
      const { length, credit } = credits.inserted.at(placeAfter, step.length);
      merging.add("inserted", insert(step.content(length), step.attributes), credit);
      step.skip(length);
      placeAfter += length;
      continue;
    }
    if (base.ended) throw new RangeError("the operation goes past the end of the content");
    const rest = Math.min(step.length, base.length);
    const deletes = step.kind === DELETE;
    const { length, credit } = deletes ? credits.deleted.at(place, rest) : { length: rest, credit: undefined };
    const attributes = deletes ? base.attributes : withAttributes(base.attributes, step.attributes, false);
    const kind = deletes ? "deleted" : same(attributes, base.attributes) ? "kept" : "formatted";
    merging.add(kind, insert(base.content(length), attributes), credit);
    step.skip(length);
    base.skip(length);
    place += length;
    if (!deletes) placeAfter += length;
  }
  return merging.done();
}

/** Pieces as they come, made one with the last where they are alike. */
class Merging {
  /** @type {Piece[]} */
  #pieces = [];
  /** @type {Piece[]} inserted since what was last kept or formatted: what is deleted there goes before them */
  #inserted = [];

  /** @param {Kind} kind @param {Component} component @param {Credit} [credit] */
  add(kind, component, credit) {
    if (kind === "kept" || kind === "formatted") this.#close();
    const pieces = kind === "inserted" ? this.#inserted : this.#pieces;
    const last = pieces.at(-1);
    if (last?.kind === kind && last.author === credit?.author) {
      push(last.content, component);
      if (credit && last.at && last.at < credit.ended) last.at = credit.ended;
    } else pieces.push({ kind, content: [component], ...(credit && { author: credit.author, at: credit.ended }) });
  }

  #close() {
    for (const piece of this.#inserted.splice(0)) this.#pieces.push(piece);
  }

  done() {
    this.#close();
    return this.#pieces;
  }
}

/** @param {readonly DiffPart[]} parts */
function creditsOf(parts) {
  const [inserted, deleted] = [new Credits(), new Credits()];
  let [place, placeAfter] = [0, 0];
  for (const { kind, length, credit } of parts) {
    if (kind === "inserted") inserted.add(placeAfter, length, credit);
    if (kind === "deleted") deleted.add(place, length, credit);
    if (kind !== "inserted") place += length;
    if (kind !== "deleted") placeAfter += length;
  }
  return { inserted, deleted };
}

/** Whose the stretches of one text are, asked for from its start to its end. */
class Credits {
  /** @type {{ from: number, to: number, credit: Credit | undefined }[]} */
  #stretches = [];
  #next = 0;

  /** @param {number} from @param {number} length @param {Credit} [credit] */
  add(from, length, credit) {
    this.#stretches.push({ from, to: from + length, credit });
  }

  /**
   * @param {number} place not before the one asked for last
   * @param {number} length
   * @returns {{ length: number, credit: Credit | undefined }} of how much of the `length` units that begin there
   */
  at(place, length) {
    while (this.#next < this.#stretches.length && this.#stretches[this.#next].to <= place) this.#next += 1;
    const stretch = this.#stretches[this.#next];
    if (!stretch || stretch.from >= place + length) return { length, credit: undefined };
    if (stretch.from > place) return { length: stretch.from - place, credit: undefined };
    return { length: Math.min(length, stretch.to - place), credit: stretch.credit };
  }
}

/** @param {readonly Piece[]} pieces @returns {Change[]} in order: one deleted and the one inserted beside it are one change */
export function changesIn(pieces) {
  /** @type {Change[]} */
  const changes = [];
  let place = 0;
  for (const [number, { kind, content }] of pieces.entries()) {
    const from = place;
    place += endOfChange(content);
    if (kind === "kept") continue;
    const last = changes.at(-1);
    if (last?.last === number - 1) changes[changes.length - 1] = { ...last, to: place, last: number };
    else changes.push({ from, to: place, first: number, last: number });
  }
  return changes;
}

/** @param {readonly Piece[]} pieces */
export function countChanges(pieces) {
  return changesIn(pieces).length;
}

/** @param {readonly Piece[]} pieces @returns {number} units of the content after */
export function lengthAfter(pieces) {
  return pieces.reduce((sum, { kind, content }) => sum + (kind === "deleted" ? 0 : endOfChange(content)), 0);
}
