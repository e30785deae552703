/**
 * A document that others edit at the same time: what it says, what one does to it, and whether that is saved.
 * It ties the parts together: `Session` (what to say), `Connection` (how), `UndoManager`, `Presence`.
 */

import { Connection } from "./connection.js";
import { Emitter } from "./emitter.js";
import { realEnvironment, randomId } from "./environment.js";
import { CollabError, badLength } from "./errors.js";
import { Inbox } from "./inbox.js";
import { apply, diff, normalize, plainText, split, validate } from "./operation.js";
import { Presence } from "./presence.js";
import { Session, onlyClient } from "./session.js";
import { UndoManager } from "./undo.js";
import { Waiters } from "./waiters.js";

/** @typedef {import("./connection.js").SocketClass} SocketClass */
/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./messages.js").User} User */
/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./replica.js").Integrated} Integrated */
/** @typedef {import("./session.js").Divergence} Divergence */
/** @typedef {import("./session.js").Refusal} Refusal */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./history.js").When} When */
/** @typedef {import("./keeping.js").Keeper} Keeper */
/** @typedef {import("./keeping.js").Report} Report */
/** @typedef {"connecting" | "connected" | "disconnected"} ConnectionState */

/**
 * What has become of one's own work. `saved`: all of it is in the log. `saving`: it is on its way. `connecting`:
 * nothing is outstanding, and there is no connection. `kept`: it waits for a connection, and is kept on this device.
 * `unsaved`: it waits, and is here in memory only.
 *
 * @typedef {"saved" | "saving" | "connecting" | "kept" | "unsaved"} Status
 */
/** @typedef {string | (() => string | Promise<string>)} Token a function is asked anew for each connection */

/** @typedef {{ version: number, operation: Operation, origin: "local" | "remote", author: string }} Change */
/** @typedef {{ code: number, reason: string, final: boolean }} Closed */

/**
 * @typedef {{
 *   change: Change,
 *   status: Status,
 *   synced: undefined,
 *   pending: number,
 *   saved: { version: number },
 *   refused: Refusal,
 *   presence: import("./carets.js").Other[],
 *   title: string,
 *   closed: Closed,
 *   diverged: Divergence,
 *   retry: { code: string, reason: string },
 *   connection: ConnectionState,
 *   restored: Report,
 *   "offline-unavailable": { code: string, reason: string },
 * }} DocumentEvents
 */

/**
 * @typedef {object} DocumentOptions
 * @property {string} document its id
 * @property {User} [user] how to be shown to the others
 * @property {Token} [token] that says to the server who this is
 * @property {boolean | string} [offline] of `open` and `connect`: keep unsaved edits on this device. A string names
 *   whose they are, where several people use one browser
 * @property {Keeper} [keeper] keeps what is unsaved; `offline` makes one
 * @property {SocketClass} [WebSocket] where there is no global one
 * @property {Environment} [environment] clock and chance, for tests
 */

/** What a server allows by default; its welcome gives the real number. */
const OPERATION_LIMIT = 262_144;

/** Roles that may look and not write. */
const READERS = new Set(["viewer", "reader", "commenter"]);

/** @extends {Emitter<DocumentEvents>} */
export class CollabDocument extends Emitter {
  /** @type {ConnectionState} */
  connection = "connecting";
  /** @type {Status} */
  status = "connecting";
  /** @type {Map<string, any[]>} what who subscribes late is told, by the event's name */
  #told = new Map();
  title = "";
  /** What the server calls the user; empty until it has said so. */
  author = "";
  /** @type {Closed | null} why it will not connect again */
  ended = null;
  #session;
  #inbox;
  #connection;
  #undo;
  #environment;
  #url;
  #token;
  #keeper;
  #synced = new Waiters();
  #saved = new Waiters();
  #pendingTold = 0;
  /** Stands for the connection for which a token is asked. */
  #attempt = 0;
  /** @type {unknown} */
  #flushTimer = null;

  /**
   * Begin to connect. `whenSynced` tells when it can be edited.
   *
   * @param {string | URL} url of the server: `ws://host/` or `http://host/`
   * @param {DocumentOptions} options
   */
  constructor(url, { document, user, token, keeper, WebSocket = globalThis.WebSocket, environment = realEnvironment }) {
    super();
    if (!WebSocket) throw new TypeError("no global WebSocket here: pass one as the option WebSocket");
    this.document = document;
    /** Id of this session of editing. */
    this.client = keeper?.client ?? randomId(12);
    this.#url = url;
    this.#token = token;
    this.#keeper = keeper;
    this.#environment = environment;
    this.#undo = new UndoManager({ client: this.client, clock: environment.now });
    this.#session = new Session({
      client: this.client,
      key: keeper?.key ?? randomId(22),
      user,
      listener: this.#sessionListener(),
      acceptEncoding: environment.acceptEncoding,
    });
    this.#inbox = new Inbox(environment.inflate, {
      message: (message) => {
        this.#session.receive(message, environment.now());
        this.#flush();
      },
      damaged: (detail) => this.#session.damaged(detail),
    });
    this.presence = new Presence({ session: this.#session, environment, user: user ?? {} });
    this.presence.on("change", (others) => this.emit("presence", others));
    this.#connection = new Connection({
      url: socketUrl(url, document),
      socketClass: WebSocket,
      environment,
      listener: {
        trying: () => this.#setConnection("connecting"),
        opened: () => this.#hello(),
        message: (message) => this.#inbox.message(message),
        binary: (bytes) => this.#inbox.binary(bytes),
        lost: (end) => this.#lost(end),
      },
    });
    keeper?.begin(this, this.#session, (name, value) => (name ? this.#say(name, value) : this.#tellStatus()));
    this.#connection.start();
  }

  /**
   * Call `fn` with the value of each event of this name. Who subscribes late is told, in a microtask, the present
   * `status`, and every `restored` and `offline-unavailable` that there was.
   *
   * @template {keyof DocumentEvents & string} K
   * @param {K} name
   * @param {(value: DocumentEvents[K]) => void} fn
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {() => void} call it to be told no more
   */
  on(name, fn, options) {
    const off = super.on(name, fn, options);
    const told = this.#told.get(name);
    let wanted = true;
    queueMicrotask(() => {
      if (!wanted || options?.signal?.aborted) return;
      for (const value of name === "status" ? [this.status] : (told ?? [])) fn(value);
    });
    return () => {
      wanted = false;
      off();
    };
  }

  /** The text as it is shown, one's own unsaved edits included; an embed counts as one U+FFFC. */
  get text() {
    return plainText(this.#session.replica.shown);
  }

  /** The same with attributes and embeds: a string, or a list of insert components. */
  get content() {
    return this.#session.replica.shown;
  }

  /** The text that the log is known to hold, at `version`. */
  get confirmedText() {
    return plainText(this.#session.replica.confirmed);
  }

  /** Number of the newest event taken in. */
  get version() {
    return this.#session.replica.version;
  }

  /** How many own edits are not known to be in the log. */
  get pending() {
    return this.#session.replica.pending.length;
  }

  /** What those edits insert. */
  get unsavedText() {
    return this.#session.replica.pending.map(({ op }) => plainText(op)).join("");
  }

  /** Whether all that is pending is kept on this device, and outlives this page. */
  get kept() {
    return this.#keeper?.kept ?? false;
  }

  /** What the user may do, in the server's words. */
  get role() {
    return this.#session.role;
  }

  /** Whether edits are taken here. */
  get editable() {
    return this.#session.synced && this.ended === null && !READERS.has(this.role);
  }

  /** @param {number} offset UTF-16 units from the start @param {string} text */
  insert(offset, text) {
    this.edit(normalize([checkedLength(offset), text]));
  }

  /** @param {number} offset UTF-16 units from the start @param {number} length in units */
  delete(offset, length) {
    this.edit(normalize([checkedLength(offset), -checkedLength(length)]));
  }

  /**
   * Make an edit. What inserts more than the server takes at once becomes several.
   *
   * @param {Operation} op on `text`
   * @param {{ undoable?: boolean }} [options]
   * @throws {CollabError} the operation is not valid on `text`, or the document can't be edited now
   */
  edit(op, { undoable = true } = {}) {
    this.#do(op, (part) => {
      const before = this.#session.replica.shown;
      const continues = undoable && this.#undo.continues();
      const made = this.#session.edit(part, { merge: continues });
      if (made && undoable) this.#undo.edited(made.id, part, before, continues);
      else if (made) this.#undo.untracked();
    });
  }

  /** Take back one's own latest edits. @returns {boolean} whether there were any */
  undo() {
    return this.#undoOrRedo("undo");
  }

  /** Do again what was taken back. @returns {boolean} whether there was anything */
  redo() {
    return this.#undoOrRedo("redo");
  }

  get canUndo() {
    return this.#undo.top("undo", () => this.#pendingEdits()) !== null;
  }

  get canRedo() {
    return this.#undo.top("redo", () => this.#pendingEdits()) !== null;
  }

  /** Let the next edit start a new step of undo. */
  endUndoGroup() {
    this.#undo.boundary();
  }

  /** @returns {Promise<void>} once what the server had has arrived; rejected when it won't */
  async whenSynced() {
    if (this.#session.synced) return;
    if (this.ended) throw closedError(this.ended);
    await this.#synced.wait(0);
  }

  /**
   * @returns {Promise<void>} once every edit made so far is in the log; rejected when one was refused or the
   *   connection has ended for good before
   */
  async whenSaved() {
    if (this.pending === 0) return;
    if (this.ended) throw closedError(this.ended);
    await this.#saved.wait(this.#session.replica.lastId);
  }

  /** Disconnect for good. What is pending is lost unless it is kept: see `whenSaved` and `kept`. */
  close() {
    this.#keeper?.close();
    if (this.ended) return;
    this.#connection.stop();
    this.#lost({ code: 1000, reason: "closed here", final: true });
  }

  /** @param {When} [when] a version, or a time; the newest if it isn't given */
  at(when) {
    return this.#past("at", when);
  }

  /** The log's events. @param {{ after?: number, until?: number }} [range] versions, the first one not included */
  async *history(range) {
    yield* await this.#past("events", range);
  }

  /** What happened between two versions. @param {number} older @param {number} [newer] */
  diff(older, newer) {
    return this.#past("diff", older, newer);
  }

  /** Who wrote each part. @param {When} [when] */
  blame(when) {
    return this.#past("blame", when);
  }

  /** How much was done when, and by whom. @param {{ buckets?: number }} [options] */
  timeline(options) {
    return this.#past("timeline", options);
  }

  /** Who worked on it when. */
  sessions() {
    return this.#past("sessions");
  }

  /** The versions that have a name. */
  versions() {
    return this.#past("versions");
  }

  /** @param {string} name @param {number} [version] the server's newest if it isn't given */
  nameVersion(name, version) {
    return this.#past("nameVersion", name, version);
  }

  /** Bring an older version back, by one event. @param {number} version */
  restore(version) {
    return this.#past("restore", version);
  }

  /** Make another document of a version. @param {number} [version] @param {{ id?: string, title?: string }} [options] */
  fork(version, options) {
    return this.#past("fork", version, options);
  }

  /** What whoever looks into it wants to know. It holds text of the document. */
  async debug() {
    return (await import("./debug.js")).debug(this, this.#session, this.#connection.frames);
  }

  /** What this client saw and sent lately, and where it is now, as JSON. */
  async reproduction() {
    return (await import("./debug.js")).reproduction(this, this.#session, this.#connection.frames);
  }

  /**
   * @template {keyof History} K
   * @param {K} name
   * @param {Parameters<History[K]>} args
   * @returns {Promise<Awaited<ReturnType<History[K]>>>}
   */
  async #past(name, ...args) {
    const { History } = await import("./history.js");
    const past = /** @type {any} */ (new History(this.#url, this.document, this.#token));
    return past[name](...args);
  }

  /** @param {"undo" | "redo"} kind @returns {boolean} */
  #undoOrRedo(kind) {
    const group = this.#undo.top(kind, () => this.#pendingEdits());
    if (!group || !this.editable) return false;
    this.#do(group.op, (part, last) => {
      const before = this.#session.replica.shown;
      const made = this.#session.edit(part, { merge: false });
      if (made) this.#undo.undone(made.id, { kind, group: group.number, last }, part, before);
    });
    return true;
  }

  /** @param {Operation} op @param {(part: Operation, last: boolean) => void} make */
  #do(op, make) {
    if (this.ended) throw closedError(this.ended);
    // More components than one edit may have are no error here: they are split.
    const operation = validate(op, undefined, { mostComponents: Infinity });
    const parts = split(operation, this.#session.limits?.operation ?? OPERATION_LIMIT);
    for (const part of parts) {
      make(part, part === parts.at(-1));
      this.#changed(part, "local", this.author);
    }
    this.#flush();
  }

  *#pendingEdits() {
    let before = this.#session.replica.confirmed;
    for (const { id, op } of this.#session.replica.pending) {
      yield { id, op, before };
      before = apply(before, op);
    }
  }

  /** @returns {import("./session.js").SessionListener} */
  #sessionListener() {
    return {
      send: (message) => this.#connection.send(message),
      welcomed: ({ you, title }) => {
        this.#connection.welcomed();
        this.author = you.author;
        this.#setTitle(title);
      },
      reset: (before) => {
        this.#undo.reset();
        this.#keeper?.reset();
        this.#changed(diff(plainText(before), this.text), "remote", "");
      },
      integrated: (outcome) => this.#integrated(outcome),
      refused: (refusal, change) => {
        this.#undo.refused(refusal.id);
        this.#changed(change, "remote", this.author);
        this.#saved.failed(new CollabError(refusal.code, refusal.reason), refusal.id);
        this.emit("refused", refusal);
      },
      peersChanged: () => this.presence.changed(),
      caughtUp: () => {
        this.#setConnection("connected");
        this.#synced.reached(0);
        this.emit("synced", undefined);
      },
      diverged: (divergence) => {
        this.emit("diverged", divergence);
        if (divergence.reason !== "prediction") this.#connection.restart(divergence.detail);
      },
      retry: ({ code, reason }) => this.emit("retry", { code, reason }),
    };
  }

  /** @param {Integrated} outcome */
  #integrated({ events, own, diverged, before, stored, operation }) {
    if (own) this.#undo.logged(events[0].id ?? 0, stored, before, !diverged);
    else if (stored.length > 0) this.#undo.foreign(stored, onlyClient(events));
    for (const { type, title } of events) if (type === "renamed" && title !== undefined) this.#setTitle(title);
    this.#keeper?.integrated(stored);
    const authors = new Set(events.map(({ author }) => author));
    const [author = ""] = authors.size === 1 ? authors : [];
    this.#changed(operation, "remote", author);
  }

  /** @param {Operation} operation @param {"local" | "remote"} origin @param {string} author */
  #changed(operation, origin, author) {
    if (operation.length === 0) return;
    this.emit("change", { version: this.version, operation, origin, author });
    this.presence.changed();
  }

  /** Send what may be sent, and say what has become of the rest. */
  #flush() {
    const { now, setTimeout, clearTimeout } = this.#environment;
    clearTimeout(this.#flushTimer);
    const wait = this.#session.flush(now());
    if (wait > 0) this.#flushTimer = setTimeout(() => this.#flush(), wait);
    this.presence.flush();
    const { pending, lastId } = this.#session.replica;
    this.#saved.reached(pending.length > 0 ? pending[0].id - 1 : lastId);
    this.#keeper?.changed();
    this.#tellStatus();
    if (pending.length === this.#pendingTold) return;
    this.#pendingTold = pending.length;
    this.emit("pending", pending.length);
    if (pending.length === 0) this.emit("saved", { version: this.version });
  }

  /** @param {Closed} end */
  #lost(end) {
    this.#attempt += 1;
    this.#session.disconnected();
    this.#inbox.reset();
    if (end.final) this.ended = end;
    this.#environment.clearTimeout(this.#flushTimer);
    this.#setConnection("disconnected");
    this.presence.changed();
    this.emit("closed", end);
    if (!end.final) return;
    this.#synced.failed(closedError(end));
    this.#saved.failed(closedError(end));
  }

  /** Say who we are, once it is known. */
  async #hello() {
    const attempt = ++this.#attempt;
    let token = this.#token;
    if (typeof token === "function") {
      try {
        token = await token();
      } catch (error) {
        if (attempt !== this.#attempt) return;
        const reason = String(error);
        this.emit("retry", { code: "token_failed", reason });
        return this.#connection.restart(reason);
      }
      if (attempt !== this.#attempt) return;
    }
    this.#session.hello(token);
  }

  /** @param {ConnectionState} connection */
  #setConnection(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this.emit("connection", connection);
    this.#tellStatus();
  }

  #tellStatus() {
    const status = this.#statusNow();
    if (status === this.status) return;
    this.status = status;
    this.emit("status", status);
  }

  /**
   * Emit an event that who subscribes later is told of, too.
   *
   * @template {keyof DocumentEvents & string} K
   * @param {K} name
   * @param {DocumentEvents[K]} value
   */
  #say(name, value) {
    this.#told.set(name, [...(this.#told.get(name) ?? []), value]);
    this.emit(name, value);
  }

  /** @returns {Status} */
  #statusNow() {
    const connected = this.connection === "connected";
    if (this.pending > 0) return connected ? "saving" : this.#keeper?.healthy ? "kept" : "unsaved";
    // After the end nothing is tried any more, and all there was is in the log.
    return connected || this.ended ? "saved" : "connecting";
  }

  /** @param {string} title */
  #setTitle(title) {
    if (title === this.title) return;
    this.title = title;
    this.emit("title", title);
  }
}

/** @param {Closed} end @returns {CollabError} */
function closedError({ code, reason }) {
  return new CollabError(`closed_${code}`, reason || `the connection was closed with code ${code}`);
}

/** @param {number} length @returns {number} */
function checkedLength(length) {
  if (!Number.isInteger(length) || length < 0) throw badLength(length, Number.MAX_SAFE_INTEGER);
  return length;
}

/** @param {string | URL} url @param {string} document @returns {string} */
export function socketUrl(url, document) {
  const result = new URL(url);
  result.protocol = result.protocol.replace("http", "ws");
  result.pathname = `${result.pathname.replace(/\/$/, "")}/ws/documents/${encodeURIComponent(document)}`;
  return result.href;
}
