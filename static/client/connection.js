/**
 * One WebSocket that is opened again whenever it breaks, until it is told to stop or the server says that
 * there is no point. It knows frames and time, and nothing of what the messages mean.
 */

import { Backoff } from "./backoff.js";
import { SUBPROTOCOL, isFinal } from "./messages.js";

/** @typedef {import("./environment.js").Environment} Environment */

/**
 * @typedef {object} Socket the part of a WebSocket that is used here
 * @property {(text: string) => void} send
 * @property {any} binaryType
 * @property {(code?: number, reason?: string) => void} close
 * @property {((event: any) => void) | null} onopen
 * @property {((event: any) => void) | null} onmessage
 * @property {((event: any) => void) | null} onclose
 * @property {((event: any) => void) | null} onerror
 */
/** @typedef {new (url: string, protocols: string) => Socket} SocketClass */

/**
 * @typedef {object} ConnectionListener
 * @property {() => void} opened
 * @property {() => void} asked a ping has been sent
 * @property {(message: any) => void} message
 * @property {(bytes: Uint8Array) => void} binary
 * @property {(end: { code: number, reason: string, final: boolean }) => void} lost
 * @property {() => void} trying
 */

/**
 * @param {string | URL} url of a server
 * @param {string} document
 * @returns {string} where its socket is
 */
export function socketUrl(url, document) {
  const result = new URL(url);
  result.protocol = result.protocol.replace("http", "ws");
  result.pathname = `${result.pathname.replace(/\/$/, "")}/ws/documents/${encodeURIComponent(document)}`;
  return result.href;
}

/** Frames that are remembered for `debug`, and the characters or bytes in them. */
const MOST_FRAMES = 500;
const MOST_SIZE = 500_000;

/** Silence after which the server is asked whether it is there, and how long it may take to answer. */
const QUIET_MS = 15_000;
const ANSWER_MS = 10_000;

/** The answer that is waited for where the browser says that the network is gone. */
const OFFLINE_ANSWER_MS = 2_000;

export class Connection {
  /** @type {import("./debug.js").Frame[]} the last ones, oldest first */
  frames = [];
  /** Whether there were more. */
  framesLost = false;
  #framesSize = 0;
  #url;
  #socketClass;
  #listener;
  #environment;
  #backoff = new Backoff();
  /** @type {Socket | null} */
  #socket = null;
  #isOpen = false;
  #stopped = false;
  #paused = false;
  #heardAt = 0;
  /** @type {unknown} */
  #retryTimer = null;
  /** @type {unknown} */
  #quietTimer = null;
  /** @type {unknown} */
  #answerTimer = null;
  #listening = new AbortController();

  /**
   * @param {object} options
   * @param {string} options.url
   * @param {SocketClass} options.socketClass
   * @param {ConnectionListener} options.listener
   * @param {Environment} options.environment
   */
  constructor({ url, socketClass, listener, environment }) {
    this.#url = url;
    this.#socketClass = socketClass;
    this.#listener = listener;
    this.#environment = environment;
    environment.onWake(() => this.#wake(), this.#listening.signal);
    environment.onOffline(() => this.#isOpen && this.#ask(OFFLINE_ANSWER_MS), this.#listening.signal);
  }

  /** Open the first socket. */
  start() {
    this.#listener.trying();
    this.#open();
  }

  /** @param {object} message */
  send(message) {
    if (!this.#isOpen) return;
    const text = JSON.stringify(message);
    this.#remember("out", text);
    this.#socket?.send(text);
  }

  /** @param {"in" | "out"} way @param {string | Uint8Array} data */
  #remember(way, data) {
    this.frames.push({ at: this.#environment.now(), way, data });
    this.#framesSize += data.length;
    while (this.frames.length > MOST_FRAMES || this.#framesSize > MOST_SIZE) {
      this.framesLost = true;
      this.#framesSize -= this.frames.shift()?.data.length ?? 0;
    }
  }

  /** Note that the server has welcomed us: a connection that holds from here on counts as good. */
  welcomed() {
    this.#backoff.opened(this.#environment.now());
  }

  /**
   * Leave this socket and open another, after a pause as after any break.
   *
   * @param {string} reason
   */
  restart(reason) {
    this.#end(1000, reason);
  }

  /** Leave the socket, and open none until `resume`. */
  pause() {
    if (this.#stopped || this.#paused) return;
    this.#paused = true;
    this.#environment.clearTimeout(this.#retryTimer);
    this.#end(1000, "disconnected here");
  }

  /** Go on after `pause`. */
  resume() {
    this.#paused = false;
    this.#wake();
  }

  /** Close for good. */
  stop() {
    this.#stopped = true;
    this.#listening.abort();
    this.#environment.clearTimeout(this.#retryTimer);
    this.#drop();
  }

  #open() {
    this.#retryTimer = null;
    const socket = new this.#socketClass(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#isOpen = true;
      this.#heard();
      this.#listener.opened();
    };
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = ({ code, reason }) => this.#end(code, reason);
    socket.onerror = () => {}; // a close follows
    this.#expectAnswer(QUIET_MS + ANSWER_MS);
  }

  /** @param {unknown} data */
  #receive(data) {
    this.#heard();
    const frame = data instanceof ArrayBuffer ? new Uint8Array(data) : String(data);
    this.#remember("in", frame);
    if (typeof frame !== "string") return this.#listener.binary(frame);
    let message;
    try {
      message = JSON.parse(frame);
    } catch {
      return this.restart("a frame that is not JSON");
    }
    this.#listener.message(message);
  }

  /** Note a sign of life, and begin to wait for the next. */
  #heard() {
    const { now, clearTimeout } = this.#environment;
    this.#heardAt = now();
    clearTimeout(this.#answerTimer);
    this.#answerTimer = null;
    this.#quietTimer ??= this.#watch(QUIET_MS);
  }

  /**
   * One timer that is set again when it fires is cheaper than one that is moved with every frame.
   *
   * @param {number} milliseconds
   * @returns {unknown}
   */
  #watch(milliseconds) {
    return this.#environment.setTimeout(() => {
      const left = this.#heardAt + QUIET_MS - this.#environment.now();
      if (left <= 0) this.#ask(ANSWER_MS);
      this.#quietTimer = this.#watch(left > 0 ? left : QUIET_MS);
    }, milliseconds);
  }

  /** @param {number} within milliseconds */
  #ask(within) {
    this.send({ type: "ping" });
    this.#listener.asked();
    this.#expectAnswer(within);
  }

  /** @param {number} milliseconds after which this socket is taken for dead, unless it gives a sign of life */
  #expectAnswer(milliseconds) {
    this.#environment.clearTimeout(this.#answerTimer);
    this.#answerTimer = this.#environment.setTimeout(() => this.#end(1006, "no answer"), milliseconds);
  }

  /** Let go of the socket without waiting for the closing handshake, which a dead network never finishes. */
  #drop() {
    this.#environment.clearTimeout(this.#quietTimer);
    this.#environment.clearTimeout(this.#answerTimer);
    this.#quietTimer = null;
    this.#answerTimer = null;
    this.#isOpen = false;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(1000);
  }

  /** @param {number} code @param {string} reason */
  #end(code, reason) {
    if (!this.#socket) return;
    this.#drop();
    const final = isFinal(code);
    if (final) this.stop();
    else if (!this.#paused) this.#scheduleRetry();
    this.#listener.lost({ code, reason, final });
  }

  #scheduleRetry() {
    const { now, random, online, setTimeout } = this.#environment;
    const wait = this.#backoff.failed(now(), random);
    // Without a network there is nothing to try; #wake goes on when it is back.
    this.#retryTimer = setTimeout(() => online() && this.#retry(), wait);
  }

  #retry() {
    this.#retryTimer = null;
    this.#listener.trying();
    this.#open();
  }

  /** The network is back or the page is looked at again: no reason to wait. */
  #wake() {
    if (this.#stopped || this.#paused) return;
    if (this.#isOpen) {
      if (this.#environment.now() - this.#heardAt >= QUIET_MS) this.#ask(ANSWER_MS);
      return;
    }
    if (this.#socket) return;
    this.#environment.clearTimeout(this.#retryTimer);
    this.#retry();
  }
}
