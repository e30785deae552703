/**
 * The talk with the server about one document, sans I/O: messages in, messages and news out. It knows when
 * edits may be sent, what a refusal does, and when this copy can no longer be trusted.
 *
 *     hello ─▶ welcome ─▶ (snapshot …) ─▶ events up to welcome.seq ─▶ caught up: edits and carets may go out
 */

import { Carets, moved } from "./carets.js";
import { CollabError } from "./errors.js";
import { SCHEMA } from "./messages.js";
import { contentLength, insertedText, normalize, plainText } from "./operation.js";
import { Pacer } from "./pacer.js";
import { Replica } from "./replica.js";
import { checksum } from "./units.js";

/** @typedef {import("./operation.js").Component} Component */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./messages.js").Cursor} Cursor */
/** @typedef {import("./messages.js").FromClient} FromClient */
/** @typedef {import("./messages.js").FromServer} FromServer */
/** @typedef {import("./messages.js").Limits} Limits */
/** @typedef {import("./messages.js").LogEvent} LogEvent */
/** @typedef {import("./replica.js").Edit} Edit */
/** @typedef {import("./messages.js").Retry} Retry */
/** @typedef {import("./messages.js").User} User */
/** @typedef {import("./messages.js").Welcome} Welcome */
/** @typedef {import("./replica.js").Integrated} Integrated */

/**
 * @typedef {object} Refusal an own edit that did not make it into the log
 * @property {number} id
 * @property {Operation} operation as it stood when it was refused
 * @property {string} code
 * @property {string} reason
 * @property {string} text what it would have inserted
 * @property {number[]} [ids] of all the edits for which it stood, where that were several
 */

/**
 * @typedef {object} Divergence this copy differed from the log
 * @property {"prediction" | "checksum" | "stream"} reason after "prediction" the copy has been repaired; after
 *   the others the connection must be opened anew, and the document is loaded again
 * @property {string} detail for whoever looks into it
 * @property {number} version
 * @property {string} text what the user's pending edits insert, or after "prediction" the event's
 */

/**
 * @typedef {object} SessionListener
 * @property {(message: FromClient) => void} send
 * @property {(welcome: Welcome) => void} welcomed
 * @property {() => void} described `title` or `role` may be another
 * @property {(seconds: number) => void} expiring the token will no longer be taken
 * @property {(progress: import("./shapes.js").Loading) => void} loading
 * @property {(before: import("./operation.js").Content) => void} reset a snapshot has replaced what was shown
 * @property {(outcome: Integrated) => void} integrated
 * @property {(refusal: Refusal, change: Operation) => void} refused
 * @property {() => void} peersChanged
 * @property {() => void} caughtUp
 * @property {(problem: Divergence) => void} diverged
 * @property {(retry: Retry) => void} retry
 */

/** Events held while catching up, some 20 MB, and the units of text in them. */
const MOST_HELD = 50_000;
const MOST_HELD_UNITS = 8 * 1024 * 1024;

export class Session {
  /** @type {Limits | null} */
  limits = null;
  role = "";
  /** Whether it is plain text (`text`) or formatted (`rich`). */
  kind = "text";
  title = "";
  /** Whether what is shown may be edited: a first time caught up, and no reset under way. */
  synced = false;
  caughtUp = false;
  carets = new Carets();
  #listener;
  #key;
  #pacer = new Pacer();
  /** @type {User | undefined} */
  #user;
  /** @type {Cursor | null} one's own caret in what is shown, carried over every change of that */
  cursor = null;
  #presenceDue = { cursor: false, user: false };
  /** @type {string | null} the epoch of `replica`; null while that can't be gone on with */
  epoch = null;
  #lostTrust = false;
  #acceptEncoding;
  #refusals = 0;
  #target = 0;
  /** @type {{ welcome: Welcome, parts: Component[], received: number } | null} */
  #loading = null;
  /** @type {LogEvent[]} that came while catching up, to be taken in together */
  #held = [];
  #heldUnits = 0;

  /**
   * @param {object} options
   * @param {string} options.client
   * @param {string} options.key
   * @param {User} [options.user]
   * @param {SessionListener} options.listener
   * @param {string[]} [options.acceptEncoding] how content may be compressed
   */
  constructor({ client, key, user, listener, acceptEncoding = [] }) {
    this.replica = new Replica(client);
    this.#key = key;
    this.#user = user;
    this.#listener = listener;
    this.#acceptEncoding = acceptEncoding;
  }

  /**
   * Go on from where an earlier session of this client was, which was kept.
   *
   * @param {import("./keeping.js").Kept} kept
   */
  restore(kept) {
    this.replica.restore(kept);
    this.epoch = kept.epoch;
    this.kind = kept.kind;
    this.title = kept.title;
    this.synced = true;
  }

  /** Begin on a new connection. @param {string} [token] */
  hello(token) {
    this.disconnected();
    const { client, version } = this.replica;
    const since = this.epoch === null ? {} : { since: version, epoch: this.epoch };
    const user = { user: this.#user, token }; // what is undefined isn't sent
    const accept = this.#acceptEncoding.length > 0 ? { accept_encoding: this.#acceptEncoding } : {};
    this.#listener.send({ type: "hello", client, key: this.#key, schema: SCHEMA, ...since, ...user, ...accept });
  }

  /** How many events are known to be on their way. */
  get unseen() {
    return Math.max(0, this.#target - this.replica.version);
  }

  /** Note that the connection is gone. */
  disconnected() {
    this.caughtUp = false;
    this.#loading = null;
    this.#letGo();
    this.#refusals = 0;
    this.replica.disconnected();
    this.carets.clear();
  }

  /** @param {FromServer} message @param {number} now milliseconds */
  receive(message, now) {
    switch (message.type) {
      case "welcome":
        return this.#welcome(message, now);
      case "snapshot":
        return this.#snapshot(message.content, message.last === true);
      case "events":
        return this.#events(message.events);
      case "refused":
        return this.#refused(message.id, message.code, message.reason);
      case "presence":
        // A frame that goes to all may hold one's own caret too.
        if (message.all) this.carets.clear();
        this.carets.update(message.peers.filter(({ client }) => client !== this.replica.client));
        return this.#listener.peersChanged();
      case "role":
        this.role = message.role;
        return this.#listener.described();
      case "auth-expiring":
        return this.#listener.expiring(message.in);
      case "checksum":
        return this.#check(message.seq, message.hash);
      case "retry":
        return this.#listener.retry(message);
      case "resend": // answers edits that were under way when one was refused: they are unsent already
      case "pong":
        return undefined;
      default: // of a newer server; it is told our schema, so nothing we must understand comes this way
        return undefined;
    }
  }

  /** @param {Welcome} welcome @param {number} now */
  #welcome(welcome, now) {
    this.limits = welcome.limits;
    this.role = welcome.role;
    this.kind = welcome.kind ?? "text";
    this.title = welcome.title;
    this.replica.mostMerged = welcome.limits.operation;
    this.#pacer.configure(welcome.limits, now);
    this.#target = welcome.seq;
    this.#presenceDue = { cursor: this.cursor !== null, user: false };
    this.carets.clear();
    this.replica.resume(welcome.accepted);
    this.#listener.welcomed(welcome);
    this.#listener.described();
    if (welcome.snapshot === null && this.epoch !== null) return this.#checkCaughtUp();
    this.#giveUp(welcome);
    this.#loading = { welcome, parts: [], received: 0 };
    if (welcome.snapshot === null) this.#snapshot([], true);
  }

  /**
   * What we have can't be gone on with, and a snapshot follows. Edits that the log has taken are part of it;
   * the others go back to the user.
   *
   * @param {Welcome} welcome
   */
  #giveUp(welcome) {
    this.synced = false;
    this.epoch = null;
    const code = this.#lostTrust ? "diverged" : "epoch_changed";
    const reason = this.#lostTrust
      ? "this copy differed from the document and was loaded again"
      : "the document was replaced by another one";
    for (const edit of this.replica.abandon()) {
      if (edit.id > welcome.accepted) this.#report(edit, { code, reason }, []);
    }
  }

  /** @param {Component[]} content @param {boolean} last */
  #snapshot(content, last) {
    if (!this.#loading) return this.#distrust("stream", "a snapshot that nobody asked for");
    const { welcome, parts } = this.#loading;
    for (const component of content) parts.push(component);
    const { seq, length, encoding } = welcome.snapshot ?? { seq: 0, length: 0 };
    const received = (this.#loading.received += contentLength(content));
    if (encoding === undefined) this.#listener.loading({ received, total: length });
    if (!last) return;
    const before = this.replica.shown;
    const isText = parts.every((component) => typeof component === "string");
    const loaded = isText ? parts.join("") : normalize(parts);
    if (contentLength(loaded) !== length) return this.damaged(`content of another length than ${length} units`);
    this.replica.reset(loaded, seq);
    this.cursor = null;
    this.#loading = null;
    this.epoch = welcome.epoch;
    this.#lostTrust = false;
    this.#listener.reset(before);
    this.#checkCaughtUp();
  }

  /** @param {LogEvent[]} events */
  #events(events) {
    // With own edits pending, all that was missed is taken in at once: that is much less work.
    for (const event of events) this.#held.push(event);
    this.#heldUnits += events.reduce((sum, { op }) => sum + insertedText(op ?? []).length, 0);
    const more = this.replica.pending.length > 0 && (this.#held.at(-1)?.seq ?? 0) < this.#target;
    if (more && this.#held.length < MOST_HELD && this.#heldUnits < MOST_HELD_UNITS) return;
    const held = this.#letGo();
    try {
      for (const outcome of this.replica.integrate(held)) this.#integrated(outcome);
    } catch (error) {
      return this.#distrust("stream", error instanceof Error ? error.message : String(error));
    }
    this.#checkCaughtUp();
  }

  /** @returns {LogEvent[]} the events that were held */
  #letGo() {
    this.#heldUnits = 0;
    return this.#held.splice(0);
  }

  /** @param {Integrated} outcome */
  #integrated(outcome) {
    const { events, diverged, stored, operation } = outcome;
    const client = onlyClient(events);
    for (const { op, client: by } of events) if (op) this.carets.carry(op, by ?? "");
    this.#moveCursor(operation, client);
    for (const { type, title } of events) if (type === "renamed") this.title = title ?? "";
    this.#listener.integrated(outcome);
    if (!diverged) return;
    const [{ id, seq: version }] = events;
    const detail = `own edit ${id} was stored differently`;
    this.#listener.diverged({ reason: "prediction", detail, version, text: insertedText(stored) });
  }

  #checkCaughtUp() {
    if (this.caughtUp || this.#loading || this.replica.version < this.#target) return;
    this.caughtUp = true;
    this.synced = true;
    this.#listener.caughtUp();
  }

  /** @param {number} id @param {string} code @param {string} reason */
  #refused(id, code, reason) {
    this.#refusals += 1;
    const taken = this.replica.refuse(id);
    if (taken) this.#moveCursor(taken.operation, this.replica.client);
    if (taken) this.#report(taken.refused, { code, reason }, taken.operation);
  }

  /** @param {Edit} edit @param {{ code: string, reason: string }} why @param {Operation} change to what is shown */
  #report({ id, op, ids }, why, change) {
    this.#listener.refused({ id, operation: op, ...why, text: insertedText(op), ...(ids && { ids }) }, change);
  }

  /** @param {number} seq @param {number} hash */
  #check(seq, hash) {
    if (seq !== this.replica.version) return;
    const found = checksum(plainText(this.replica.confirmed));
    if (found !== hash) this.#distrust("checksum", `checksum ${found} at version ${seq}, should be ${hash}`);
  }

  /**
   * Note that the content is not what was announced. It is asked for again, and not compressed, whatever it is that
   * damages it.
   *
   * @param {string} detail
   */
  damaged(detail) {
    this.#acceptEncoding = [];
    this.#distrust("stream", detail);
  }

  /** @param {"checksum" | "stream"} reason @param {string} detail */
  #distrust(reason, detail) {
    this.synced = false;
    this.caughtUp = false;
    this.epoch = null;
    this.#lostTrust = true;
    const text = this.replica.pending.map(({ op }) => insertedText(op)).join("");
    this.#listener.diverged({ reason, detail, version: this.replica.version, text });
  }

  /**
   * Make an edit on what is shown; `flush` sends it.
   *
   * @param {Operation} op
   * @param {{ merge?: boolean }} [options] see `Replica.edit`
   */
  edit(op, options) {
    if (!this.synced) throw new CollabError("not_synced", "the document is still being loaded");
    const made = this.replica.edit(op, options);
    if (made) this.#moveCursor(op, this.replica.client);
    return made;
  }

  /** @param {Operation} op @param {string} client that made it */
  #moveCursor(op, client) {
    if (this.cursor && op.length > 0) this.cursor = moved(this.cursor, op, client, this.replica.client);
  }

  /** @param {Cursor | null} cursor in what is shown */
  setCursor(cursor) {
    this.cursor = cursor;
    this.#presenceDue.cursor = true;
  }

  /** @param {User} user */
  setUser(user) {
    this.#user = user;
    this.#presenceDue.user = true;
  }

  /**
   * Send what may be sent.
   *
   * @param {number} now milliseconds
   * @returns {number} milliseconds after which to call again, or 0 if nothing waits for the clock
   */
  flush(now) {
    if (!this.caughtUp || !this.limits) return 0;
    // What is more than may be under way is sent when the answers bring us here again.
    for (const edit of this.replica.unsent(this.limits.in_flight - this.replica.inFlight)) {
      const wait = this.#pacer.take(now);
      if (wait > 0) return wait;
      this.replica.markSent(edit);
      const { id, op } = edit;
      this.#listener.send({ type: "edit", id, base: this.replica.version, op, refusals: this.#refusals });
    }
    return 0;
  }

  /**
   * Tell the others where the caret is, if that is news and all edits that it stands on have been sent.
   *
   * @returns {boolean} whether it was told
   */
  flushPresence() {
    if (!this.caughtUp || !(this.#presenceDue.cursor || this.#presenceDue.user)) return false;
    if (this.replica.pending.some((edit) => !edit.sent)) return false;
    const user = this.#presenceDue.user && this.#user ? { user: this.#user } : {};
    this.#presenceDue = { cursor: false, user: false };
    const { version, pending } = this.replica;
    const after = pending.at(-1)?.id ?? 0;
    this.#listener.send({ type: "presence", base: version, after, cursor: this.cursor, ...user });
    return true;
  }
}

/** @param {readonly LogEvent[]} events @returns {string} the client that made them all, or "" */
export function onlyClient(events) {
  const client = events[0]?.client ?? "";
  return events.every((event) => event.client === client) ? client : "";
}
