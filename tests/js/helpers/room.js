/**
 * A server in small, for tests: one document, in memory, doing what docs/protocol.md says under "What the
 * server does". Nothing is sent before `commit`; `fail` loses what was not committed, as a full disk would.
 */

import { deflateSync } from "node:zlib";

import { moved } from "../../../static/client/carets.js";
import { cross } from "../../../static/client/meeting.js";
import { apply, contentLength, plainText, sideOf, validate } from "../../../static/client/operation.js";
import { checksum } from "../../../static/client/units.js";

/** @typedef {import("../../../static/client/operation.js").Content} Content */
/** @typedef {import("../../../static/client/operation.js").Operation} Operation */
/** @typedef {import("../../../static/client/messages.js").LogEvent} LogEvent */
/** @typedef {import("../../../static/client/messages.js").Cursor} Cursor */

export const LIMITS = {
  message: 2_097_152,
  operation: 262_144,
  document: 16_777_216,
  edits_per_second: 100,
  edit_burst: 1000,
  in_flight: 256,
};

/**
 * @typedef {object} Line
 * @property {(message: any) => void} send a message as JSON, or a `Uint8Array` as it is
 * @property {(code: number, reason: string) => void} close
 */

export class Room {
  /** @type {LogEvent[]} */
  log = [];
  committed = 0;
  /** @type {Content[]} by version */
  states = [""];
  epoch = "epoch-1";
  limits = { ...LIMITS };
  role = "editor";
  title = "";
  /** @type {string | undefined} as an older server does, which doesn't say */
  kind;
  /** @type {string[]} the tokens that came on connections that there were */
  tokens = [];
  /** @type {Map<string, RoomSession>} */
  sessions = new Map();
  /** @type {Map<string, { author: string, user: any, cursor: Cursor | null }>} */
  present = new Map();
  /** @type {{ to: RoomSession, message: any }[]} what waits for the commit */
  #outbox = [];
  /** @type {(edit: any) => string | null} a code for edits that are to be refused */
  refuseIf = () => null;
  /** @type {(room: Room) => number} version of the snapshot for those who join */
  snapshotVersion = (room) => room.committed;
  /** @type {(frames: any[]) => any[]} the frames of compressed content as they are sent */
  damage = (frames) => frames;

  get content() {
    return this.states[this.states.length - 1];
  }

  get text() {
    return plainText(this.content);
  }

  /** @param {string} client @returns {number} highest id accepted of it */
  accepted(client, upTo = this.log.length) {
    const ids = this.log.slice(0, upTo).filter((event) => event.client === client).map((event) => event.id ?? 0);
    return Math.max(0, ...ids);
  }

  /** @param {Line} line @returns {RoomSession} */
  connect(line) {
    return new RoomSession(this, line);
  }

  /** @param {Omit<LogEvent, "seq">} fields */
  append(fields) {
    const event = { seq: this.log.length + 1, at: 0, ...fields };
    this.log.push(event);
    this.states.push(event.op ? apply(this.content, event.op) : this.content);
    for (const session of this.sessions.values()) this.later(session, { type: "events", events: [event] });
    for (const [client, who] of this.present) {
      if (who.cursor && event.op) who.cursor = moved(who.cursor, event.op, event.client ?? "", client);
    }
  }

  /** Write `op` as somebody who is not connected. @param {Operation} op @param {string} client */
  write(op, client = "0outsider") {
    this.append({ type: "edited", client, id: this.accepted(client) + 1, author: "outsider", op: validate(op, this.content) });
    this.commit();
  }

  /** @param {RoomSession} to @param {any} message */
  later(to, message) {
    this.#outbox.push({ to, message });
  }

  commit() {
    this.committed = this.log.length;
    for (const { to, message } of this.#outbox.splice(0)) if (to.alive) to.line.send(message);
  }

  /** Say something to all who are here. @param {any} message */
  tell(message) {
    for (const session of this.sessions.values()) session.line.send(message);
  }

  /** The store could not commit. */
  fail() {
    this.#outbox = [];
    this.log.length = this.committed;
    this.states.length = this.committed + 1;
    for (const session of [...this.sessions.values()]) {
      session.line.send({ type: "retry", code: "store_full", reason: "database or disk is full" });
      session.end(1013, "try again");
    }
  }

  sendChecksums() {
    for (const session of this.sessions.values()) {
      this.later(session, { type: "checksum", seq: this.log.length, hash: checksum(this.text) });
    }
  }
}

export class RoomSession {
  alive = true;
  client = "";
  #refusals = 0;
  /** @type {{ seq: number, op: Operation, leans: boolean }[]} */
  #bridge = [];
  #seen = 0;

  /** @param {Room} room @param {Line} line */
  constructor(room, line) {
    this.room = room;
    this.line = line;
  }

  /** @param {any} message */
  receive(message) {
    if (!this.alive) return;
    if (message.type === "hello") this.#hello(message);
    else if (message.type === "edit") this.#edit(message);
    else if (message.type === "presence") this.#presence(message);
    else if (message.type === "auth") this.room.tokens.push(message.token);
    else if (message.type === "ping") this.line.send({ type: "pong" });
    else this.end(4400, `no such message: ${message.type}`);
  }

  /** @param {number} code @param {string} reason */
  end(code, reason) {
    if (!this.alive) return;
    this.gone();
    this.line.close(code, reason);
  }

  gone() {
    this.alive = false;
    if (this.room.sessions.get(this.client) !== this) return;
    this.room.sessions.delete(this.client);
    this.room.present.delete(this.client);
    this.#tell({ client: this.client, left: true });
  }

  /** @param {any} hello */
  #hello(hello) {
    const { room } = this;
    this.client = hello.client;
    room.sessions.get(this.client)?.end(4490, "a newer session of this client took over");
    // A client that comes back is told of all that was taken from it: were an own edit in the log but after
    // welcome.seq, its resend would be a duplicate, over which nobody carries the bridge.
    if (room.log.slice(room.committed).some((event) => event.client === this.client)) room.commit();
    const resumes = hello.since !== undefined && hello.epoch === room.epoch && hello.since <= room.committed;
    const snapshotSeq = Math.min(room.committed, room.snapshotVersion(room));
    const content = room.states[snapshotSeq];
    const packed = hello.accept_encoding?.includes("deflate") ? deflated(content) : null;
    this.line.send({
      type: "welcome",
      seq: room.committed,
      epoch: room.epoch,
      snapshot: resumes ? null : { seq: snapshotSeq, length: contentLength(content), ...packed?.mark },
      accepted: room.accepted(this.client, room.committed),
      you: { client: this.client, author: `guest-${this.client}` },
      role: room.role,
      ...(room.kind === undefined ? {} : { kind: room.kind }),
      title: room.title,
      limits: room.limits,
    });
    if (!resumes && packed) {
      for (const frame of room.damage(packed.frames)) this.line.send(frame);
    } else if (!resumes) {
      const parts = typeof content === "string" ? [content.slice(0, 3), content.slice(3)] : content;
      for (const part of parts.filter((each) => each !== "")) this.line.send({ type: "snapshot", content: [part] });
      this.line.send({ type: "snapshot", content: [], last: true });
    }
    const since = resumes ? hello.since : snapshotSeq;
    for (let from = since; from < room.committed; from += 2) {
      this.line.send({ type: "events", events: room.log.slice(from, Math.min(from + 2, room.committed)) });
    }
    const peers = [...room.present].filter(([client]) => client !== this.client);
    this.line.send({
      type: "presence",
      seq: room.committed,
      peers: peers.map(([client, { author, user, cursor }]) => ({ client, author, user, cursor })),
    });
    for (const event of room.log.slice(room.committed)) room.later(this, { type: "events", events: [event] });
    room.sessions.set(this.client, this);
    this.#seen = room.committed;
    const who = { author: `guest-${this.client}`, user: hello.user ?? {}, cursor: null };
    room.present.set(this.client, who);
    this.#tell({ client: this.client, ...who });
  }

  /** Bring the bridge up to date. @param {number} base */
  #extend(base) {
    this.#bridge = this.#bridge.filter(({ seq }) => seq > base);
    for (const { seq, client, op, leans = [] } of this.room.log.slice(Math.max(this.#seen, base))) {
      if (client !== this.client && op) this.#bridge.push({ seq, op, leans: leans.includes(this.client) });
    }
    this.#seen = this.room.log.length;
  }

  /** @param {any} edit */
  #edit(edit) {
    if (edit.refusals < this.#refusals) return this.line.send({ type: "resend", id: edit.id });
    if (edit.id <= this.room.accepted(this.client)) return;
    this.#extend(edit.base);
    let { op } = edit;
    /** @type {{ seq: number, op: Operation, leans: boolean }[]} */
    const bridge = [];
    /** @type {Set<string>} */
    const leaning = new Set();
    for (const foreign of this.#bridge) {
      const other = this.room.log[foreign.seq - 1].client ?? "";
      const how = { side: sideOf(this.client, other), mineLeans: leaning.has(other), theirsLeans: foreign.leans };
      const crossed = cross(op, foreign.op, how);
      bridge.push({ seq: foreign.seq, op: crossed.theirs, leans: crossed.theirsLeans });
      if (crossed.mineLeans) leaning.add(other);
      op = crossed.mine;
    }
    const code = this.room.refuseIf(edit) ?? problem(op, this.room.content);
    if (code) {
      this.#refusals += 1;
      return this.line.send({ type: "refused", id: edit.id, code, reason: `refused: ${code}` });
    }
    this.#bridge = bridge;
    this.room.append({ type: "edited", client: this.client, id: edit.id, author: `guest-${this.client}`, op, leans: [...leaning] });
    this.#seen = this.room.log.length;
  }

  /** @param {any} presence */
  #presence({ base, cursor, user }) {
    const who = this.room.present.get(this.client);
    if (!who) return;
    this.#extend(base);
    let place = cursor;
    for (const { seq, op } of this.#bridge) {
      place = place && moved(place, op, this.room.log[seq - 1].client ?? "", this.client);
    }
    who.cursor = place;
    who.user = user ?? who.user;
    this.#tell({ client: this.client, ...who });
  }

  /** @param {any} peer */
  #tell(peer) {
    for (const session of this.room.sessions.values()) {
      if (session === this) continue;
      this.room.later(session, { type: "presence", seq: this.room.log.length, peers: [{ ...peer }] });
    }
  }
}

/** @param {Content} content what a server sends of it, and announces, to who asked for compression */
export function deflated(content) {
  const json = JSON.stringify(typeof content === "string" ? [content].filter(Boolean) : content);
  const bytes = new Uint8Array(deflateSync(json));
  const mark = { encoding: "deflate", bytes: bytes.length, inflated: Buffer.byteLength(json) };
  return { mark, frames: [bytes.slice(0, 5), bytes.slice(5)] };
}

/** @param {Operation} op @param {Content} content @returns {string | null} */
function problem(op, content) {
  try {
    validate(op, content);
    return null;
  } catch (error) {
    return /** @type {any} */ (error).code;
  }
}
