/**
 * Undo of one's own edits, and of nobody else's.
 *
 * What is undone is an edit as it stands in the log, for that is what it did: another author may have deleted
 * part of the same text first, and undoing the edit as it was typed would bring that part back. So each
 * logged edit is inverted against the text before it, and the inverse is carried over every later event.
 *
 * Two stacks hold such inverses. The top one applies to the text as it is, the one below to the text after
 * that was applied, and so on: undoing the latest edit leads exactly to where the one before can be undone.
 * Edits that are not in the log yet are put on copies of the stacks when they are needed, as if the log took
 * them as they stand (`#current`).
 */

import { apply, compose, diff, invert, isPlain, opposite, plainText, same, sideOf, transform } from "./operation.js";

/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./operation.js").Side} Side */

/** @typedef {{ number: number, op: Operation }} Group what undoes (or does again) the edits made in one go */
/** @typedef {{ undo: Group[], redo: Group[] }} Stacks bottom first; the lists are never changed in place */
/** @typedef {typeof import("./many.js") | null} Many */
/**
 * @typedef {object} Mark what an own edit means here
 * @property {"edit" | "undo" | "redo"} kind
 * @property {number} group
 * @property {boolean} last whether its group is done with it; what is large is undone in several edits
 */

/** A pause longer than this ends a group. */
const GROUP_MS = 500;

/** More steps than people take back one by one; each costs a transform for every event of others. */
const MOST_GROUPS = 200;

/** Edits to a group: a program that makes thousands at once makes several, since each costs a pass over its group. */
const MOST_EDITS = 256;

/** Steps of an operation up to which it is carried over all groups as it is: what others did meanwhile may have more. */
const MOST_STEPS = 64;

export class UndoManager {
  /** @type {Many} where it has been loaded */
  many = null;
  #client;
  #clock;
  /** @type {Stacks} as of the confirmed text */
  #logged = { undo: [], redo: [] };
  /** @type {Stacks | null} as of the text shown, null where it must be made anew */
  #shown = { undo: [], redo: [] };
  /** @type {Map<number, Mark>} by id, of the own edits that are not in the log yet */
  #marks = new Map();
  #groups = 0;
  #lastEditAt = -Infinity;
  /** The newest edit of the open group, and how many that has. */
  #newest = { id: 0, edits: 0 };
  #open = false;

  /** @param {{ client: string, clock: () => number }} options `clock` gives milliseconds */
  constructor({ client, clock }) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Forget everything, for the document has been loaded anew. */
  reset() {
    this.#logged = { undo: [], redo: [] };
    this.#shown = { undo: [], redo: [] };
    this.#marks.clear();
    this.#open = false;
  }

  /** End the group: the next edit starts another. */
  boundary() {
    this.#open = false;
  }

  /** @returns {boolean} whether an edit made now would join the last one's group */
  continues() {
    return this.#open && this.#newest.edits < MOST_EDITS && this.#clock() - this.#lastEditAt <= GROUP_MS;
  }

  /**
   * Note an own edit that was just made. Ask `continues` before it is made: where that is false it must not
   * be merged into an edit of an earlier group.
   *
   * @param {number} id
   * @param {Operation} op
   * @param {Content} before what was shown
   * @param {boolean} continues
   */
  edited(id, op, before, continues) {
    if (!continues) {
      this.#groups += 1;
      this.#newest = { id: 0, edits: 0 };
    }
    if (id !== this.#newest.id) this.#newest = { id, edits: this.#newest.edits + 1 };
    this.#note(id, { kind: "edit", group: this.#groups, last: true }, op, before);
    this.#open = true;
    this.#lastEditAt = this.#clock();
  }

  /**
   * @param {"undo" | "redo"} kind
   * @param {() => Iterable<PendingEdit>} pending the own edits not in the log yet, with what was shown before
   * @returns {Group | null} what to do to the text shown; tell `undone` once that is an edit
   */
  top(kind, pending) {
    return this.#current(pending)[kind].at(-1) ?? null;
  }

  /** @typedef {{ id: number, op: Operation, before: Content }} PendingEdit */

  /**
   * Note that the edit `id` undoes (or does again) a group, or a part of it.
   *
   * @param {number} id
   * @param {Mark} mark
   * @param {Operation} op
   * @param {Content} before what was shown
   */
  undone(id, mark, op, before) {
    this.boundary();
    this.#note(id, mark, op, before);
  }

  /** @param {number} id @param {Mark} mark @param {Operation} op @param {Content} before */
  #note(id, mark, op, before) {
    this.#marks.set(id, mark);
    if (this.#shown) this.#shown = this.#advanced(this.#shown, mark, op, before);
  }

  /** @param {number} one @param {number} other @returns {boolean} whether these pending edits may become one step */
  alike(one, other) {
    const kinds = [one, other].map((id) => this.#marks.get(id)?.kind ?? "edit");
    return kinds.every((kind) => kind === "edit") && this.#marks.has(one) === this.#marks.has(other);
  }

  /** Note that pending edits were joined, each under the id of the last: they are undone in its group. */
  joined() {
    this.boundary();
    this.#shown = null;
  }

  /** Note that an own edit was made which is not to be undone. */
  untracked() {
    this.boundary();
    this.#shown = null;
  }

  /**
   * Note an event that isn't an own pending edit.
   *
   * @param {Operation} op
   * @param {string} client who made it
   */
  foreign(op, client) {
    this.#logged = bothCarried(this.#logged, op, sideOf(this.#client, client), this.many);
    this.#shown = this.#marks.size === 0 ? this.#logged : null;
  }

  /**
   * Note that an own edit is in the log.
   *
   * @param {number} id
   * @param {Operation} op as stored
   * @param {Content} before the confirmed text before it
   * @param {boolean} asPredicted
   */
  logged(id, op, before, asPredicted) {
    const mark = this.#marks.get(id);
    if (!mark) return this.foreign(op, this.#client);
    this.#marks.delete(id);
    this.#logged = this.#advanced(this.#logged, mark, op, before);
    if (!asPredicted) this.#shown = null;
    if (this.#marks.size === 0) this.#shown = this.#logged;
  }

  /** @param {number} id of an own edit that was refused */
  refused(id) {
    this.#marks.delete(id);
    this.#shown = null;
  }

  /** @param {() => Iterable<PendingEdit>} pending @returns {Stacks} as of the text shown */
  #current(pending) {
    if (this.#shown) return this.#shown;
    let stacks = this.#logged;
    const ids = new Set();
    for (const { id, op, before } of pending()) {
      const mark = this.#marks.get(id);
      ids.add(id);
      stacks = mark ? this.#advanced(stacks, mark, op, before) : bothCarried(stacks, op, "right", this.many);
    }
    for (const id of this.#marks.keys()) if (!ids.has(id)) this.#marks.delete(id);
    this.#shown = stacks;
    return stacks;
  }

  /**
   * The stacks after an own edit.
   *
   * @param {Stacks} stacks
   * @param {Mark} mark
   * @param {Operation} op
   * @param {Content} before
   * @returns {Stacks}
   */
  #advanced({ undo, redo }, mark, op, before) {
    const inverse = { number: mark.group, op: invert(op, before) };
    if (mark.kind === "edit") return { undo: pushed(undo, inverse), redo: [] };
    const [from, to] = mark.kind === "undo" ? [undo, redo] : [redo, undo];
    // What is left to be done of the group: back to before this part, and then all of it.
    const left = mark.last ? popped(from, mark.group, op, before, this.many) : pushed(from, inverse);
    const done = pushed(to, inverse);
    return mark.kind === "undo" ? { undo: left, redo: done } : { undo: done, redo: left };
  }
}

/**
 * @param {readonly Group[]} stack
 * @param {Group} inverse
 * @returns {Group[]}
 */
function pushed(stack, inverse) {
  const top = stack.at(-1);
  if (top?.number !== inverse.number) return filled([...stack.slice(1 - MOST_GROUPS), inverse]);
  return filled([...stack.slice(0, -1), { number: top.number, op: compose(inverse.op, top.op) }]);
}

/**
 * The stack after its group `number` was done as `op`. Others may have turned `op` into something else than
 * what stands on the stack; what lies below is then carried over the difference.
 *
 * @param {Group[]} stack
 * @param {number} number
 * @param {Operation} op
 * @param {Content} before
 * @param {Many} many
 * @returns {Group[]}
 */
function popped(stack, number, op, before, many) {
  const top = stack.at(-1);
  if (top?.number !== number) return carried(stack, op, "right", many);
  const rest = stack.slice(0, -1);
  if (same(top.op, op)) return rest;
  const expected = plainText(apply(before, top.op));
  const difference = diff(expected, plainText(apply(before, op)));
  return difference.length > 0 ? carried(rest, difference, "right", many) : rest;
}

/** @param {Stacks} stacks @param {Operation} op @param {Side} side @param {Many} many @returns {Stacks} */
function bothCarried({ undo, redo }, op, side, many) {
  return { undo: carried(undo, op, side, many), redo: carried(redo, op, side, many) };
}

/**
 * @param {readonly Group[]} stack
 * @param {Operation} op an event on the text to which the top of the stack applies
 * @param {Side} side of the stack
 * @param {Many} many
 * @returns {Group[]}
 */
function carried(stack, op, side, many) {
  if (op.length === 0) return [...stack];
  // Formatting that others did later is not to be undone, whoever has the smaller id.
  const mine = isPlain(op) ? side : "right";
  const fromTop = [...stack].reverse();
  const carry = many && op.length > MOST_STEPS ? many.overMany(op, mine) : overFew(op, mine);
  return filled(fromTop.map((group) => ({ number: group.number, op: carry(group.op) })).reverse());
}

/**
 * @param {Operation} op
 * @param {Side} side of what is carried
 * @returns {(step: Operation) => Operation} to be called with one operation after the other, each on the text that
 *   the one before has left; gives them as they are after `op`
 */
function overFew(op, side) {
  let over = op;
  return (step) => {
    const carried = transform(step, over, side);
    over = transform(over, step, opposite(side));
    return carried;
  };
}

/** @param {Group[]} stack @returns {Group[]} without groups that no longer do anything */
function filled(stack) {
  return stack.filter((group) => group.op.length > 0);
}
