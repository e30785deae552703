import { CollabError } from "./errors.js";
import { Waiters } from "./waiters.js";

/** @typedef {import("./shapes.js").Closed} Closed */
/** @typedef {import("./shapes.js").Status} Status */

/** What a document still owes: to be loaded, to have its edits in the log. Those who wait for that wait here. */
export class Outstanding {
  #synced = new Waiters();
  #saved = new Waiters();
  #session;
  #told = 0;

  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.#session = session;
  }

  /** @param {Closed | null} ended why nothing will come any more */
  async whenSynced(ended) {
    if (this.#session.synced) return;
    if (ended) throw closedError(ended);
    await this.#synced.wait(0);
  }

  /** Wait until all edits made so far are in the log. @param {Closed | null} ended */
  async whenSaved(ended) {
    const { pending, lastId } = this.#session.replica;
    if (pending.length === 0) return;
    if (ended) throw closedError(ended);
    await this.#saved.wait(lastId);
  }

  synced() {
    this.#synced.reached(0);
  }

  /** @returns {number | null} how many own edits are pending, where that has changed since the last call */
  look() {
    const { pending, lastId } = this.#session.replica;
    const [next] = pending;
    this.#saved.reached(next ? (next.ids?.[0] ?? next.id) - 1 : lastId);
    if (pending.length === this.#told) return null;
    this.#told = pending.length;
    return pending.length;
  }

  /** @param {import("./session.js").Refusal} refusal */
  refused({ id, code, reason }) {
    this.#saved.failed(new CollabError(code, reason), id);
  }

  /** @param {Closed} end for good */
  ended(end) {
    this.#synced.failed(closedError(end));
    this.#saved.failed(closedError(end));
  }
}

/**
 * @param {object} now
 * @param {number} now.pending own edits
 * @param {boolean} now.connected
 * @param {boolean} now.ended for good
 * @param {boolean} now.kept whether what is pending is kept on this device
 * @returns {Status}
 */
export function statusOf({ pending, connected, ended, kept }) {
  if (pending > 0) return connected ? "saving" : kept ? "kept" : "unsaved";
  // After the end nothing is tried any more, and all there was is in the log.
  return connected || ended ? "saved" : "connecting";
}

/** @param {Closed} end @returns {CollabError} */
export function closedError({ code, reason }) {
  return new CollabError(`closed_${code}`, reason || `the connection was closed with code ${code}`);
}
