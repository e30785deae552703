/**
 * A world in which time passes when it is told to: timers, sockets with a latency, and a network that can be
 * away. What a client gets of it is an environment and a WebSocket class.
 */

import { CollabDocument } from "../../../static/client/document.js";
import { inflate } from "../../../static/client/inflate.js";
import * as many from "../../../static/client/many.js";
import { Room } from "./room.js";

/** @typedef {{ at: number, number: number, fn: () => void }} Timer */

export class World {
  time = 0;
  /** @type {Timer[]} */
  #timers = [];
  #timersMade = 0;
  latency = 10;
  /** Whether frames and connections get through; without, all is silent. */
  network = true;
  online = true;
  random = () => 0.5;
  /** @type {(() => void)[]} */
  wakes = [];
  /** @type {(() => void)[]} */
  offlines = [];
  /** @type {FakeSocket[]} */
  sockets = [];
  room = new Room();
  /** Whether the server commits whatever it takes at once. */
  commits = true;
  /** A close code with which every new connection is refused. */
  refusesWith = 0;

  constructor() {
    const world = this;
    this.WebSocket = class extends FakeSocket {
      /** @param {string} url @param {string} protocol */
      constructor(url, protocol) {
        super(world, url, protocol);
      }
    };
    /** @type {import("../../../static/client/environment.js").Environment} */
    this.environment = {
      now: () => this.time,
      random: () => this.random(),
      setTimeout: (fn, milliseconds) => this.after(milliseconds, fn),
      clearTimeout: (timer) => {
        this.#timers = this.#timers.filter((each) => each !== timer);
      },
      online: () => this.online,
      acceptEncoding: [],
      inflate,
      many: () => many,
      onWake: (fn, signal) => listen(this.wakes, fn, signal),
      onOffline: (fn, signal) => listen(this.offlines, fn, signal),
    };
  }

  /** @param {Partial<import("../../../static/client/document.js").DocumentOptions>} [options] */
  open(options = {}) {
    const { WebSocket, environment } = this;
    return new CollabDocument("http://server.test/", { document: "notes", WebSocket, environment, ...options });
  }

  /** @param {number} milliseconds @param {() => void} fn @returns {Timer} */
  after(milliseconds, fn) {
    const timer = { at: this.time + Math.max(0, milliseconds), number: this.#timersMade++, fn };
    this.#timers.push(timer);
    return timer;
  }

  /** Let time pass. @param {number} milliseconds */
  pass(milliseconds) {
    const end = this.time + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.number - b.number);
      if (due.length === 0) break;
      this.#timers = this.#timers.filter((timer) => timer !== due[0]);
      this.time = Math.max(this.time, due[0].at);
      due[0].fn();
    }
    this.time = end;
  }

  /** Somebody else writes. @param {import("../../../static/client/operation.js").Operation} op @param {string} [client] */
  write(op, client) {
    this.room.write(op, client);
  }

  /** Every connection breaks. @param {number} code */
  cut(code = 1006) {
    for (const socket of this.sockets) socket.fail(code);
  }

  /** The messages of one type that clients have sent. @param {string} type @returns {any[]} */
  sent(type) {
    return this.sockets.flatMap((socket) => socket.sent).filter((message) => message.type === type);
  }
}

/** @param {(() => void)[]} list @param {() => void} fn @param {AbortSignal} signal */
function listen(list, fn, signal) {
  list.push(fn);
  signal.addEventListener("abort", () => list.splice(list.indexOf(fn), 1));
}

/** @param {any} message @returns {string | ArrayBuffer} as a browser's socket gives it */
function framed(message) {
  return message instanceof Uint8Array ? message.slice().buffer : JSON.stringify(message);
}

export class FakeSocket {
  /** @type {((event: any) => void) | null} */ onopen = null;
  /** @type {((event: any) => void) | null} */ onmessage = null;
  /** @type {((event: any) => void) | null} */ onclose = null;
  /** @type {((event: any) => void) | null} */ onerror = null;
  binaryType = "blob";
  /** @type {any[]} */ sent = [];
  closed = false;
  openedAt = NaN;

  /** @param {World} world @param {string} url @param {string} protocol */
  constructor(world, url, protocol) {
    this.world = world;
    this.url = url;
    this.protocol = protocol;
    world.sockets.push(this);
    this.madeAt = world.time;
    this.session = world.room.connect({
      send: (message) => this.#later(() => this.onmessage?.({ data: framed(message) })),
      close: (code, reason) => this.#later(() => this.fail(code, reason)),
    });
    this.#later(() => (world.refusesWith ? this.fail(world.refusesWith, "refused") : this.onopen?.({})));
  }

  /** @param {() => void} fn */
  #later(fn) {
    this.world.after(this.world.latency, () => {
      if (!this.closed && this.world.network) fn();
    });
  }

  /** @param {string} text */
  send(text) {
    const message = JSON.parse(text);
    this.sent.push(message);
    this.#later(() => {
      this.session.receive(message);
      if (this.world.commits) this.world.room.commit();
    });
  }

  close() {
    this.closed = true;
    this.session.gone();
  }

  /** @param {number} code @param {string} [reason] */
  fail(code, reason = "") {
    if (this.closed) return;
    this.close();
    this.onclose?.({ code, reason });
  }
}
