/**
 * One client's copy of a document, as values: what the log is known to say, the client's own edits on top of
 * it, and what to show.
 *
 *     confirmed ──pending[0]──▶ · ──pending[1]──▶ · … ──▶ shown
 *
 * A foreign event is carried down that row and comes out at the right as the change to what is shown; an own
 * event takes the first edit off. Nothing here knows of sockets or clocks.
 */

import { cross } from "./meeting.js";
import { extend, single, written } from "./operation/coalesce.js";
import { apply, compose, invert, opposite, same, sideOf, span, transform, validate } from "./operation.js";
import { UnfoldedText } from "./unfolded.js";

/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./messages.js").LogEvent} LogEvent */

/**
 * @typedef {object} Edit an own edit that is not in the stream yet
 * @property {number} id
 * @property {Operation} op on `confirmed` and the edits before it
 * @property {boolean} sent whether it is under way on this connection
 * @property {boolean} frozen whether it was ever sent: from then on it stays as it is
 * @property {Set<string>} leaning the clients towards which it leans since it was sent (see meeting.js)
 */

/**
 * @typedef {object} Integrated what an event did
 * @property {LogEvent} event
 * @property {boolean} own whether it took an edit off `pending`
 * @property {boolean} diverged whether it was own, and not what was predicted
 * @property {Content} before of an own event: the confirmed content before it
 * @property {Operation} operation the change to what is shown
 */

/** The stream does not fit this replica: a gap in it, or an own edit that isn't the next one. */
export class StreamError extends Error {}

export class Replica {
  version = 0;
  /** @type {Edit[]} */
  pending = [];
  /** Most units that a run of typing may grow to by merging. */
  mostMerged = 16_384;
  #lastId = 0;
  #confirmed = new UnfoldedText("");
  /** What is shown, while that differs from what is confirmed: with edits pending. */
  #shown = this.#confirmed;

  /** @param {string} client */
  constructor(client) {
    this.client = client;
  }

  /**
   * Start anew from `content` at `version`; pending edits are forgotten.
   *
   * @param {Content} content
   * @param {number} version
   */
  reset(content, version) {
    this.#confirmed = new UnfoldedText(content);
    this.#shown = this.#confirmed;
    this.version = version;
    this.pending = [];
  }

  /** The content that the log is known to hold, at `version`. */
  get confirmed() {
    return this.#confirmed.content;
  }

  /** The content with the pending edits on top. */
  get shown() {
    return this.#shown.content;
  }

  /** Id of the newest edit made here, 0 before the first. */
  get lastId() {
    return this.#lastId;
  }

  /**
   * Make an edit on what is shown.
   *
   * @param {Operation} op
   * @param {{ merge?: boolean }} [options] `merge`: may become part of the edit before it, where that is
   *   unsent and both are one run of typing or deleting
   * @returns {{ id: number, merged: boolean } | null} null for an operation that does nothing
   * @throws {CollabError} where `op` is not valid on what is shown
   */
  edit(op, { merge = true } = {}) {
    const operation = validate(op);
    if (operation.length === 0) return null;
    const shown = apply(this.shown, operation);
    this.#shown = new UnfoldedText(shown);
    const last = this.pending.at(-1);
    const run = merge && last && !last.frozen ? joinedRun(last.op, operation) : null;
    if (last && run && span(run).growth <= this.mostMerged) {
      if (run.length > 0) last.op = run;
      else this.pending.pop();
      return { id: last.id, merged: true };
    }
    this.#lastId += 1;
    this.pending.push({ id: this.#lastId, op: operation, sent: false, frozen: false, leaning: new Set() });
    return { id: this.#lastId, merged: false };
  }

  /**
   * Take in the next event of the log.
   *
   * @param {LogEvent} event
   * @returns {Integrated | null} null where the event is not news
   * @throws {StreamError} the event does not follow on what is here
   */
  integrate(event) {
    if (event.seq <= this.version) return null;
    if (event.seq !== this.version + 1) {
      throw new StreamError(`event ${event.seq} came after version ${this.version}`);
    }
    const own = event.client === this.client && this.#isHead(event);
    this.version = event.seq;
    if (!event.op) return { event, own: false, diverged: false, before: "", operation: [] };
    if (own) return this.#integrateOwn(event, event.op);
    this.#confirmed.push(event.op);
    const operation = this.#carryForeign(event.op, event);
    this.#show(operation);
    return { event, own: false, diverged: false, before: "", operation };
  }

  /** @param {LogEvent} event @returns {boolean} */
  #isHead(event) {
    const head = this.pending[0];
    if (!head || !event.op || event.id === undefined || event.id < head.id) return false;
    if (event.id > head.id) throw new StreamError(`own edit ${event.id} is in the log before ${head.id}`);
    return true;
  }

  /** @param {LogEvent} event @param {Operation} op @returns {Integrated} */
  #integrateOwn(event, op) {
    const before = this.confirmed;
    const [head] = this.pending.splice(0, 1);
    this.#confirmed.push(op);
    const diverged = !same(head.op, op);
    if (!diverged) {
      // Two equal texts need not be held twice.
      if (this.pending.length === 0) this.#shown = this.#confirmed;
      return { event, own: true, diverged, before, operation: [] };
    }
    // The log is right: take out what was predicted, put in what is true.
    const out = this.#carry(invert(head.op, before), "left", 0);
    this.#show(out);
    const back = this.#carry(op, "left", 0);
    this.#show(back);
    return { event, own: true, diverged, before, operation: compose(out, back) };
  }

  /**
   * Take a refused edit out of `pending`, and mark the later ones as unsent.
   *
   * @param {number} id
   * @returns {{ refused: Operation, operation: Operation } | null} the edit as it stood, and the change to
   *   what is shown; null where no such edit is pending
   */
  refuse(id) {
    const index = this.pending.findIndex((edit) => edit.id === id);
    if (index < 0) return null;
    let before = this.confirmed;
    for (const edit of this.pending.slice(0, index)) before = apply(before, edit.op);
    const [{ op }] = this.pending.splice(index, 1);
    for (const edit of this.pending.slice(index)) edit.sent = false;
    const operation = this.#carry(invert(op, before), "left", index);
    this.#show(operation);
    return { refused: op, operation };
  }

  /**
   * Carry the `op` of a foreign event over all pending edits, and them over it.
   *
   * @param {Operation} op
   * @param {LogEvent} event
   * @returns {Operation} `op` as it applies to what is shown
   */
  #carryForeign(op, { client = "", leans = [] }) {
    // An own event that isn't pending is from before a reset: any side will do, for nothing sent depends on it.
    const side = sideOf(this.client, client);
    let theirs = op;
    let theirsLeans = leans.includes(this.client);
    for (const edit of this.pending) {
      const mineLeans = edit.leaning.has(client);
      const crossed = cross(edit.op, theirs, { side, mineLeans, theirsLeans });
      ({ theirs, theirsLeans } = crossed);
      edit.op = crossed.mine;
      // What an edit met before it is sent, the server never hears of. One that was sent goes on meeting events
      // as the server had it meet them, across a broken connection too: it may have been taken before that.
      if (crossed.mineLeans && edit.frozen) edit.leaning.add(client);
    }
    return theirs;
  }

  /**
   * Carry `op` over the pending edits from `index` on, and them over it.
   *
   * @param {Operation} op
   * @param {"left" | "right"} side of `op`
   * @param {number} index
   * @returns {Operation} `op` as it applies to what is shown
   */
  #carry(op, side, index) {
    let carried = op;
    for (const edit of this.pending.slice(index)) {
      const next = transform(carried, edit.op, side);
      edit.op = transform(edit.op, carried, opposite(side));
      carried = next;
    }
    return carried;
  }

  /** @param {Operation} operation */
  #show(operation) {
    if (this.pending.length === 0) this.#shown = this.#confirmed;
    else this.#shown.push(operation);
  }

  /**
   * The edits to be sent, oldest first. One that never was under way and has lost all effect, because others
   * deleted the same text, is dropped here.
   *
   * @returns {Edit[]}
   */
  unsent() {
    if (this.pending.some(isSpent)) this.pending = this.pending.filter((edit) => !isSpent(edit));
    return this.pending.filter((edit) => !edit.sent);
  }

  /** @param {Edit} edit note that it is under way */
  markSent(edit) {
    edit.sent = true;
    edit.frozen = true;
    edit.leaning.clear();
  }

  /** Note that the connection is gone, and with it whatever was under way. */
  disconnected() {
    for (const edit of this.pending) edit.sent = false;
  }

  /** How many edits are under way on this connection. */
  get inFlight() {
    return this.pending.reduce((count, edit) => count + Number(edit.sent), 0);
  }

  /** @returns {Edit[]} the pending edits, which are given up: until `reset` what is shown still has them */
  abandon() {
    return this.pending.splice(0);
  }
}

/** @param {Operation} before @param {Operation} after @returns {Operation | null} both as one run */
function joinedRun(before, after) {
  const run = single(before);
  const edit = single(after);
  const joined = run && edit ? extend(run, edit) : null;
  if (!joined) return null;
  return joined.step === "" ? [] : written(joined);
}

/** @param {Edit} edit @returns {boolean} */
function isSpent(edit) {
  return edit.op.length === 0 && !edit.frozen;
}
