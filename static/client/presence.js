import { Emitter } from "./emitter.js";
import { same } from "./operation.js";

/** @typedef {import("./carets.js").Other} Other */
/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./messages.js").Cursor} Cursor */
/** @typedef {import("./messages.js").User} User */
/** @typedef {import("./session.js").Session} Session */

/** A caret is told to the others at most so often; the last value wins. */
const PAUSE_MS = 100;

/**
 * Who is here, and where: one's own caret and name, and those of the others. Offsets count UTF-16 units of
 * `doc.text`.
 *
 * @extends {Emitter<{ change: Other[] }>}
 */
export class Presence extends Emitter {
  #session;
  #environment;
  /** @type {Cursor | null} */
  #cursor = null;
  /** @type {User} */
  #user;
  #sentAt = -Infinity;
  /** @type {unknown} */
  #timer = null;

  /** @param {{ session: Session, environment: Environment, user: User }} options */
  constructor({ session, environment, user }) {
    super();
    this.#session = session;
    this.#environment = environment;
    this.#user = user;
  }

  /** The others who have this document open, with their carets where they stand in `doc.text`. */
  get others() {
    const { replica, carets } = this.#session;
    return carets.shown(replica.pending, replica.client);
  }

  /** How one is shown to the others. */
  get user() {
    return this.#user;
  }

  /** @param {Cursor | null} cursor one's own caret or selection in `doc.text`; null for none */
  set(cursor) {
    // Both: where it was told to be, and where it has been carried since.
    if (same(cursor, this.#cursor) && same(cursor, this.#session.cursor)) return;
    this.#cursor = cursor && { anchor: cursor.anchor, head: cursor.head };
    this.#session.setCursor(this.#cursor);
    this.flush();
  }

  /** @param {User} user */
  setUser(user) {
    this.#user = user;
    this.#session.setUser(user);
    this.flush();
  }

  /** Send what is due, now or after the pause. */
  flush() {
    if (this.#timer !== null) return;
    const { now, setTimeout } = this.#environment;
    const wait = this.#sentAt + PAUSE_MS - now();
    if (wait <= 0) {
      if (this.#session.flushPresence()) this.#sentAt = now();
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.flush();
    }, wait);
  }

  /** Note that the carets of others have come, gone or moved. */
  changed() {
    this.emit("change", this.others);
  }
}
