/**
 * What comes through the socket, put back into messages. A document's content may come compressed, in binary
 * frames, and takes a moment to be inflated; what arrives meanwhile waits, so that everything stays in order.
 *
 *     welcome ─▶ binary frame … ─▶ (inflated) ─▶ what came after them
 */

/** @typedef {import("./messages.js").FromServer} FromServer */
/** @typedef {import("./messages.js").SnapshotMark} SnapshotMark */

import { ENCODING } from "./inflate.js";

/** Bytes of content, sixteen for every unit of the largest document that a server allows by default. */
const MOST_INFLATED = 256 * 1024 * 1024;

/** Messages that may wait for the content, far more than can come in the time. */
const MOST_WAITING = 10_000;

/**
 * @typedef {object} InboxListener
 * @property {(message: FromServer) => void} message
 * @property {(progress: import("./shapes.js").Loading) => void} loading bytes of content have come
 * @property {(detail: string) => void} damaged the content is not what was announced, and nothing that follows on
 *   this connection can be understood
 */

/**
 * @typedef {object} Loading content on its way
 * @property {SnapshotMark} mark
 * @property {Uint8Array[]} pieces
 * @property {number} size of all pieces
 * @property {FromServer[] | null} waiting what came after them; null while they are still coming
 */

export class Inbox {
  #inflate;
  #listener;
  /** @type {Loading | null} */
  #loading = null;
  /** Stands for the connection: what was begun on an earlier one is of no use. */
  #connection = {};

  /**
   * @param {import("./environment.js").Environment["inflate"]} inflate
   * @param {InboxListener} listener
   */
  constructor(inflate, listener) {
    this.#inflate = inflate;
    this.#listener = listener;
  }

  /** The connection is gone. */
  reset() {
    this.#loading = null;
    this.#connection = {};
  }

  /** @param {FromServer} message */
  message(message) {
    const waiting = this.#loading?.waiting;
    if (waiting && waiting.length >= MOST_WAITING) return this.#damaged("content that can't be inflated in time");
    if (waiting) return void waiting.push(message);
    // An answer to a ping, and the server's farewell, may come between the pieces.
    if (this.#loading && message.type !== "pong" && message.type !== "retry") {
      return this.#damaged(`a message of type ${message.type} before the end of the content`);
    }
    this.#listener.message(message);
    if (message.type === "welcome" && message.snapshot?.encoding !== undefined) this.#expect(message.snapshot);
  }

  /** @param {SnapshotMark} mark */
  #expect(mark) {
    const { encoding, bytes = 0, inflated = 0 } = mark;
    if (encoding !== ENCODING || bytes < 1 || inflated > MOST_INFLATED) {
      return this.#damaged(`content that can't be taken: ${JSON.stringify(mark)}`);
    }
    this.#loading = { mark, pieces: [], size: 0, waiting: null };
  }

  /** @param {Uint8Array} piece */
  binary(piece) {
    const loading = this.#loading;
    if (!loading || loading.waiting) return this.#damaged("a binary frame that was not announced");
    const { bytes = 0 } = loading.mark;
    loading.pieces.push(piece);
    loading.size += piece.length;
    if (loading.size > bytes) return this.#damaged(`${loading.size} bytes of content, ${bytes} were announced`);
    this.#listener.loading({ received: loading.size, total: bytes });
    if (loading.size === bytes) this.#finish(loading);
  }

  /** @param {Loading} loading */
  async #finish(loading) {
    const connection = this.#connection;
    /** @type {FromServer[]} */
    const waiting = [];
    loading.waiting = waiting;
    let content;
    let problem = "it is no list";
    try {
      content = JSON.parse(await this.#inflate(loading.pieces, loading.mark.inflated ?? 0));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (this.#connection !== connection) return;
    if (!Array.isArray(content)) return this.#damaged(`content that can't be read: ${problem}`);
    this.#loading = null;
    for (const message of [{ type: "snapshot", content, last: true }, ...waiting]) {
      if (this.#connection === connection) this.message(/** @type {FromServer} */ (message));
    }
  }

  /** @param {string} detail */
  #damaged(detail) {
    this.#loading = null;
    this.#listener.damaged(detail);
  }
}
