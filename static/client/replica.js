/**
 * One client's copy of a document, as values: what the log is known to say, the client's own edits on top of
 * it, and what to show.
 *
 *     confirmed ──pending[0]──▶ · ──pending[1]──▶ · … ──▶ shown
 *
 * A foreign event is carried down that row and comes out at the right as the change to what is shown; an own
 * event takes the first edit off. Edits that were sent meet each event by itself, for so they do on the server.
 * Those that weren't are nobody else's business yet, and meet many events at once (see rebase.js). Nothing here knows
 * of sockets or clocks.
 */

import { cross } from "./meeting.js";
import { coalesce, joinedRun } from "./operation/coalesce.js";
import { apply, compose, composeAll, invert, opposite, same, sideOf, span, transform, validate } from "./operation.js";
import { rebase } from "./rebase.js";
import { UnfoldedText } from "./unfolded.js";

/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./messages.js").LogEvent} LogEvent */

/**
 * @typedef {object} Edit an own edit that is not in the stream yet
 * @property {number} id
 * @property {Operation} op on `confirmed` and the edits before it
 * @property {boolean} sent whether it is under way on this connection
 * @property {boolean} frozen whether it was sent and may be in the log: then it stays as it is
 * @property {number[]} [ids] of all the edits for which it stands, where they were joined while they waited
 * @property {Set<string>} leaning the clients towards which it leans, once it was sent since then (see meeting.js)
 */

/**
 * @typedef {object} Integrated what events did
 * @property {LogEvent[]} events an own one, or others that were taken in together
 * @property {boolean} own whether it took an edit off `pending`
 * @property {boolean} diverged whether it was own, and not what was predicted
 * @property {Content} before of an own event: the confirmed content before it
 * @property {Operation} stored the change to what is confirmed
 * @property {Operation} operation the change to what is shown; that of several stretches of others' events, parted by
 *   own ones, may come with the last of them
 */

/**
 * @typedef {object} Batch events of others on their way in
 * @property {LogEvent[]} events taken in, and not told yet
 * @property {Operation[]} stored their operations
 * @property {import("./rebase.js").Foreign[]} foreign those, and the ones told already, behind what was sent
 */

/** More edits than a session makes while one of its states is being kept. */
const ID_GAP = 2 ** 20;

/** The stream does not fit this replica: a gap in it, or an own edit that isn't the next one. */
export class StreamError extends Error {}

export class Replica {
  version = 0;
  /** @type {Edit[]} */
  pending = [];
  /** Most units that a run of typing may grow to by merging. */
  mostMerged = 16_384;
  /** @type {import("./keeping.js").Kept | null} what it began with */
  restored = null;
  /** @type {typeof import("./many.js") | null} where it has been loaded */
  many = null;
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

  /**
   * Go on from where an earlier replica of this client was. What it sent after it was kept isn't known, so all edits
   * may be in the log, and the next ids may be taken: `resume` tells.
   *
   * @param {import("./keeping.js").Kept} kept
   */
  restore(kept) {
    const { content, version, edits, lastId } = kept;
    this.reset(content, version);
    this.restored = kept;
    if (edits.length > 0) this.#shown = new UnfoldedText(content);
    for (const { id, op, leaning } of edits) {
      this.#shown.push(op);
      this.pending.push({ id, op, sent: false, frozen: true, leaning: new Set(leaning) });
    }
    this.#lastId = lastId + ID_GAP;
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

  /** The pending edits, each with what was shown before it. */
  *steps() {
    let before = this.confirmed;
    for (const { id, op } of this.pending) {
      yield { id, op, before };
      before = apply(before, op);
    }
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
   * Take in the next events of the log, as much as possible at once.
   *
   * @param {readonly LogEvent[]} events those that are not news are passed over
   * @returns {Generator<Integrated, void>}
   * @throws {StreamError} an event does not follow on what is here, and the rest was not looked at
   */
  *integrate(events) {
    /** @type {Batch} */
    const batch = { events: [], stored: [], foreign: [] };
    for (const event of events) {
      if (event.seq <= this.version) continue;
      const problem = this.#problem(event);
      if (problem) {
        yield* this.#settle(batch);
        throw new StreamError(problem);
      }
      if (event.op && this.#isHead(event)) {
        const deferred = same(this.#predicted(event), event.op) && this.pending.some(({ frozen }) => !frozen);
        yield* deferred ? this.#tell(batch) : this.#settle(batch);
        this.version = event.seq;
        yield this.#integrateOwn(event, event.op);
        continue;
      }
      if (event.op) {
        this.#confirmed.push(event.op);
        batch.stored.push(event.op);
        batch.foreign.push(this.#carryOverSent(event, event.op));
      }
      batch.events.push(event);
      this.version = event.seq;
    }
    yield* this.#settle(batch);
  }

  /** @param {LogEvent} event @returns {string} why it can't be taken in, or "" */
  #problem({ seq }) {
    return seq === this.version + 1 ? "" : `event ${seq} came after version ${this.version}`;
  }

  /**
   * @param {LogEvent} event
   * @returns {boolean} whether it takes something off `pending`: one edit, or several that were joined when they were
   *   sent, and not when they were kept
   */
  #isHead({ client, id = 0 }) {
    return client === this.client && this.pending.length > 0 && this.pending[0].id <= id;
  }

  /** @param {LogEvent} event @returns {Operation} what it should do, which are the edits up to its id */
  #predicted({ id = 0 }) {
    return composeAll(this.pending.slice(0, this.#headsTo(id)).map(({ op }) => op));
  }

  /** @param {number} id @returns {number} how many pending edits are not newer */
  #headsTo(id) {
    const later = this.pending.findIndex((edit) => edit.id > id);
    return later < 0 ? this.pending.length : later;
  }

  /**
   * Carry what has come out behind the edits that were sent over those that weren't, and tell all.
   *
   * @param {Batch} batch is empty then
   * @returns {Generator<Integrated, void>}
   */
  *#settle(batch) {
    const foreign = batch.foreign.splice(0);
    /** @type {Operation} */
    let operation = [];
    if (foreign.length > 0) {
      const edits = this.pending.filter(({ frozen }) => !frozen);
      const mine = edits.map(({ op }) => op);
      const rebased = rebase(this.client, mine, foreign, this.many);
      edits.forEach((edit, index) => (edit.op = rebased.mine[index]));
      operation = rebased.theirs;
      this.#show(operation);
    }
    if (batch.events.length > 0 || operation.length > 0) yield* this.#tell(batch, operation);
  }

  /**
   * @param {Batch} batch
   * @param {Operation} [operation] the change to what is shown
   * @returns {Generator<Integrated, void>}
   */
  *#tell(batch, operation = []) {
    const events = batch.events.splice(0);
    const stored = composeAll(coalesce(batch.stored.splice(0)));
    yield { events, own: false, diverged: false, before: "", stored, operation };
  }

  /** @param {LogEvent} event @param {Operation} op @returns {Integrated} */
  #integrateOwn(event, op) {
    const before = this.confirmed;
    const predicted = this.#predicted(event);
    this.pending.splice(0, this.#headsTo(event.id ?? 0));
    this.#confirmed.push(op);
    const diverged = !same(predicted, op);
    if (!diverged) {
      // Two equal texts need not be held twice.
      if (this.pending.length === 0) this.#shown = this.#confirmed;
      return { events: [event], own: true, diverged, before, stored: op, operation: [] };
    }
    // The log is right: take out what was predicted, put in what is true.
    const out = this.#carry(invert(predicted, before), "left", 0);
    this.#show(out);
    const back = this.#carry(op, "left", 0);
    this.#show(back);
    return { events: [event], own: true, diverged, before, stored: op, operation: compose(out, back) };
  }

  /**
   * Take a refused edit out of `pending`, and mark the later ones as unsent.
   *
   * @param {number} id
   * @returns {{ refused: Edit, operation: Operation } | null} the edit as it stood, and the change to what is shown;
   *   null where no such edit is pending
   */
  refuse(id) {
    const index = this.pending.findIndex((edit) => edit.id === id);
    if (index < 0) return null;
    let before = this.confirmed;
    for (const edit of this.pending.slice(0, index)) before = apply(before, edit.op);
    const [refused] = this.pending.splice(index, 1);
    for (const edit of this.pending.slice(index)) edit.sent = false;
    const operation = this.#carry(invert(refused.op, before), "left", index);
    this.#show(operation);
    return { refused, operation };
  }

  /**
   * Carry the `op` of a foreign event over the pending edits that were sent, the older part of them, and them over it.
   *
   * @param {LogEvent} event
   * @param {Operation} op
   * @returns {import("./rebase.js").Foreign}
   */
  #carryOverSent({ client = "", leans: leaning = [] }, op) {
    // An own event that isn't pending is from before a reset: any side will do, for nothing sent depends on it.
    const side = sideOf(this.client, client);
    let leans = leaning.includes(this.client);
    for (const edit of this.pending) {
      if (!edit.frozen) break;
      const crossed = cross(edit.op, op, { side, mineLeans: edit.leaning.has(client), theirsLeans: leans });
      op = crossed.theirs;
      leans = crossed.theirsLeans;
      edit.op = crossed.mine;
      // It goes on meeting events as the server had it meet them, across a broken connection too: it may have been
      // taken before that.
      if (crossed.mineLeans) edit.leaning.add(client);
    }
    return { client, op, leans };
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
   * The next edits to be sent, oldest first. One that never was under way and has lost all effect, because others
   * deleted the same text, is dropped here.
   *
   * @param {number} most
   * @returns {Edit[]}
   */
  unsent(most) {
    /** @type {Edit[]} */
    const next = [];
    for (let index = this.inFlight; next.length < most && index < this.pending.length; ) {
      const edit = this.pending[index];
      if (isSpent(edit)) this.pending.splice(index, 1);
      else {
        next.push(edit);
        index += 1;
      }
    }
    return next;
  }

  /** @param {Edit} edit note that it is under way */
  markSent(edit) {
    edit.sent = true;
    edit.frozen = true;
    edit.leaning.clear();
  }

  /**
   * Note what the server has of the own edits. Call it on a new connection, before its events come.
   *
   * @param {number} accepted the newest that is in the log: those after it are free to change again
   */
  resume(accepted) {
    for (const edit of this.pending) if (edit.id > accepted) edit.frozen = false;
  }

  /** Note that the connection is gone, and with it whatever was under way. */
  disconnected() {
    for (const edit of this.pending) edit.sent = false;
  }

  /** How many edits are under way on this connection: the older part of those pending. */
  get inFlight() {
    const unsent = this.pending.findIndex(({ sent }) => !sent);
    return unsent < 0 ? this.pending.length : unsent;
  }

  /** @returns {Edit[]} the pending edits, which are given up: until `reset` what is shown still has them */
  abandon() {
    return this.pending.splice(0);
  }
}

/** @param {Edit} edit @returns {boolean} */
function isSpent(edit) {
  return edit.op.length === 0 && !edit.frozen;
}
