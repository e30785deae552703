/**
 * A document that others edit at the same time: what it says, what one does to it, and whether that is saved.
 * It ties the parts together: `Session` (what to say), `Connection` (how), `UndoManager`, `Presence`.
 */

import { Connection, socketUrl } from "./connection.js";
import { Editing, deletion, insertion } from "./editing.js";
import { realEnvironment, randomId } from "./environment.js";
import { Greeting } from "./greeting.js";
import { Inbox } from "./inbox.js";
import { Latency } from "./latency.js";
import { diff, plainText } from "./operation.js";
import { Outstanding, closedError, statusOf } from "./outstanding.js";
import { WithPast } from "./past.js";
import { Presence } from "./presence.js";
import { Session, onlyClient } from "./session.js";
import { UndoManager } from "./undo.js";

/** @typedef {import("./connection.js").SocketClass} SocketClass */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {import("./shapes.js").Closed} Closed */
/** @typedef {import("./shapes.js").ConnectionState} ConnectionState */
/** @typedef {import("./shapes.js").DocumentOptions} DocumentOptions */
/** @typedef {import("./shapes.js").Status} Status */

/** Who has another role may look. None has been told to whoever began without a network. */
const WRITING = new Set(["editor", ""]);

export class CollabDocument extends WithPast {
  /** @type {ConnectionState} */
  connection = "connecting";
  /** @type {Status} */
  status = "connecting";
  /** What the server calls the user; empty until it has said so. */
  author = "";
  /** @type {Closed | null} why it will not connect again */
  ended = null;
  #session;
  #inbox;
  #connection;
  #undo;
  #editing;
  #environment;
  #greeting;
  #keeper;
  #latency = new Latency();
  #outstanding;
  /** What was last told of these. */
  #told = { title: "", role: "" };
  /** @type {unknown} */
  #flushTimer = null;

  /**
   * Begin to connect. `whenSynced` tells when it can be edited.
   *
   * @param {string | URL} url of the server: `ws://host/` or `http://host/`
   * @param {DocumentOptions} options
   */
  constructor(url, { document, user, token, keeper, WebSocket = globalThis.WebSocket, environment = realEnvironment }) {
    super(url, document, token);
    if (!WebSocket) throw new TypeError("no global WebSocket here: pass one as the option WebSocket");
    /** Id of this session of editing. */
    this.client = keeper?.client ?? randomId(12);
    this.#keeper = keeper;
    this.#environment = environment;
    this.#greeting = new Greeting(token, environment, {
      ready: (token, many) => {
        this.#session.replica.many ??= this.#undo.many ??= many;
        this.#session.hello(token);
      },
      barred: (reason) => this.#connection.restart(reason),
      renewed: (token) => this.#connection.send({ type: "auth", token }),
      failed: (reason) => this.emit("retry", { code: "token_failed", reason }),
    });
    this.#undo = new UndoManager({ client: this.client, clock: environment.now });
    this.#session = new Session({
      client: this.client,
      key: keeper?.key ?? randomId(22),
      user,
      listener: this.#sessionListener(),
      acceptEncoding: environment.acceptEncoding,
    });
    this.#editing = new Editing(this.#session, this.#undo, (part) => this.#changed(part, "local", this.author));
    this.#outstanding = new Outstanding(this.#session);
    this.#inbox = new Inbox(environment.inflate, {
      message: (message) => {
        if (message.type === "pong") this.#latency.answered(0, environment.now());
        this.#session.receive(message, environment.now());
        this.#flush();
      },
      loading: (progress) => this.emit("loading", progress),
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
        opened: () => this.#greeting.begin(this.#session.epoch !== null && this.#session.replica.lastId > 0),
        asked: () => this.#latency.sent(0, environment.now()),
        message: (message) => this.#inbox.message(message),
        binary: (bytes) => this.#inbox.binary(bytes),
        lost: (end) => this.#lost(end),
      },
    });
    keeper?.begin(this, this.#session, (name, value) => (name ? this.say(name, value) : this.#tellStatus()));
    this.#told.title = this.title;
    this.#connection.start();
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

  /** Whether it is plain text (`text`) or formatted (`rich`); known once the server, or what was kept, has said so. */
  get kind() {
    return this.#session.kind;
  }

  get title() {
    return this.#session.title;
  }

  /** Whether the document has been loaded, and is not being loaded anew. */
  get synced() {
    return this.#session.synced;
  }

  /** Milliseconds that the log took to answer the latest own edit, or ping, that was timed; null before the first. */
  get latency() {
    return this.#latency.milliseconds;
  }

  /** Whether edits are taken here. */
  get editable() {
    return this.synced && this.ended === null && WRITING.has(this.role);
  }

  /** @param {number} offset UTF-16 units from the start @param {string} text */
  insert(offset, text) {
    this.edit(insertion(offset, text));
  }

  /** @param {number} offset UTF-16 units from the start @param {number} length in units */
  delete(offset, length) {
    this.edit(deletion(offset, length));
  }

  /**
   * Make an edit. What inserts more than the server takes at once becomes several.
   *
   * @param {Operation} op on `text`
   * @param {{ undoable?: boolean }} [options]
   * @throws {CollabError} the operation is not valid on `text`, or the document can't be edited now
   */
  edit(op, { undoable = true } = {}) {
    if (this.ended) throw closedError(this.ended);
    this.#editing.edit(op, undoable);
    this.#flush();
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
    return this.#editing.next("undo") !== null;
  }

  get canRedo() {
    return this.#editing.next("redo") !== null;
  }

  /** Let the next edit start a new step of undo. */
  endUndoGroup() {
    this.#undo.boundary();
  }

  /** @returns {Promise<void>} once what the server had has arrived; rejected when it won't */
  whenSynced() {
    return this.#outstanding.whenSynced(this.ended);
  }

  /**
   * @returns {Promise<void>} once every edit made so far is in the log; rejected when one was refused or the
   *   connection has ended for good before
   */
  whenSaved() {
    return this.#outstanding.whenSaved(this.ended);
  }

  /** Disconnect for good. What is pending is lost unless it is kept: see `whenSaved` and `kept`. */
  close() {
    this.#keeper?.close();
    if (this.ended) return;
    this.#connection.stop();
    this.#lost({ code: 1000, reason: "closed here", final: true });
  }

  /** Stay without a connection, as if there were no network, until `reconnect`. */
  disconnect() {
    this.#connection.pause();
  }

  /** Connect again after `disconnect`. */
  reconnect() {
    this.#connection.resume();
  }

  /** What whoever looks into it wants to know. It holds text of the document. */
  async debug() {
    return (await import("./debug.js")).debug(this, this.#session, this.#connection);
  }

  /** What this client saw and sent lately, and where it is now, as JSON. */
  async reproduction() {
    return (await import("./debug.js")).reproduction(this, this.#session, this.#connection);
  }

  /** @param {"undo" | "redo"} kind @returns {boolean} */
  #undoOrRedo(kind) {
    const done = this.editable && this.#editing.undoOrRedo(kind);
    if (done) this.#flush();
    return done;
  }

  /** @returns {import("./session.js").SessionListener} */
  #sessionListener() {
    return {
      send: (message) => {
        if (message.type === "edit") this.#latency.sent(message.id, this.#environment.now());
        this.#connection.send(message);
      },
      welcomed: ({ you, snapshot }) => {
        this.#connection.welcomed();
        this.author = you.author;
        if (snapshot === null) this.#editing.join();
      },
      described: () => this.#describe(),
      expiring: (seconds) => this.#greeting.renew(seconds),
      loading: (progress) => this.emit("loading", progress),
      reset: (before) => {
        this.#undo.reset();
        this.#keeper?.reset();
        this.#changed(diff(plainText(before), this.text), "remote", "");
      },
      integrated: (outcome) => this.#integrated(outcome),
      refused: (refusal, change) => {
        this.#undo.refused(refusal.id);
        this.#latency.reset();
        this.#changed(change, "remote", this.author);
        this.#outstanding.refused(refusal);
        this.emit("refused", refusal);
      },
      peersChanged: () => this.presence.changed(),
      caughtUp: () => {
        this.#setConnection("connected");
        this.#outstanding.synced();
        this.emit("synced", undefined);
      },
      diverged: (divergence) => {
        this.emit("diverged", divergence);
        if (divergence.reason !== "prediction") this.#connection.restart(divergence.detail);
      },
      retry: ({ code, reason }) => this.emit("retry", { code, reason }),
    };
  }

  /** @param {import("./replica.js").Integrated} outcome */
  #integrated({ events, own, diverged, before, stored, operation }) {
    const [{ id = 0 } = {}] = events;
    if (own) this.#latency.answered(id, this.#environment.now());
    if (own) this.#undo.logged(id, stored, before, !diverged);
    else if (stored.length > 0) this.#undo.foreign(stored, onlyClient(events));
    this.#keeper?.integrated(stored);
    const authors = new Set(events.map(({ author }) => author));
    const [author = ""] = authors.size === 1 ? authors : [];
    this.#changed(operation, "remote", author);
    this.#describe();
    if (events.length > 0) this.emit("events", events);
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
    const pending = this.#outstanding.look();
    this.#keeper?.changed();
    this.#tellStatus();
    if (pending !== null) this.emit("pending", pending);
    if (pending === 0) this.emit("saved", { version: this.version });
  }

  /** @param {Closed} end */
  #lost(end) {
    this.#greeting.reset();
    this.#latency.reset();
    this.#session.disconnected();
    this.#inbox.reset();
    if (end.final) this.ended = end;
    this.#environment.clearTimeout(this.#flushTimer);
    this.#setConnection("disconnected");
    this.presence.changed();
    this.emit("closed", end);
    if (end.final) this.#outstanding.ended(end);
  }

  /** @param {ConnectionState} connection */
  #setConnection(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this.emit("connection", connection);
    this.#tellStatus();
  }

  #tellStatus() {
    const status = statusOf({
      pending: this.pending,
      connected: this.connection === "connected",
      ended: this.ended !== null,
      kept: this.#keeper?.healthy ?? false,
    });
    if (status === this.status) return;
    this.status = status;
    this.emit("status", status);
  }

  /** Tell of another title or role. */
  #describe() {
    for (const name of /** @type {const} */ (["title", "role"])) {
      if (this[name] === this.#told[name]) continue;
      this.#told[name] = this[name];
      this.emit(name, this[name]);
    }
  }

  /**
   * @protected
   * @param {string} name
   */
  current(name) {
    if (name === "status") return [this.status];
    return name === "role" && this.role ? [this.role] : null;
  }
}
