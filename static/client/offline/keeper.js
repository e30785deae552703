import { Backoff } from "../backoff.js";
import { realEnvironment } from "../environment.js";
import { insertedText } from "../operation.js";
import { failureOf } from "./failure.js";

/** @typedef {import("../keeping.js").Kept} Kept */
/** @typedef {import("../keeping.js").Tell} Tell */
/** @typedef {import("../operation.js").Operation} Operation */
/** @typedef {import("../replica.js").Edit} Edit */
/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./store.js").Writing} Writing */

/** The content is written anew when so many steps, or units in them, lead on from it. */
const MOST_STEPS = 256;
const MOST_UNITS = 65_536;

/** A write that takes longer is not counted on. */
const SLOW_MS = 2000;

/**
 * Keeps a session's pending edits, and what they build on, in a record of its own. Writes follow one another, each
 * with all that has happened meanwhile; nothing waits for them. So a record may be some edits behind what was sent,
 * and who goes on from it finds out from the server (`Replica.restore`). A write that fails is tried again after a while,
 * with all there is.
 */
export class Keeper {
  #store;
  #place;
  #restored;
  #release;
  #watch;
  #environment;
  /** @type {Session | undefined} */
  #session;
  /** @type {Tell} */
  #tell = () => {};
  /** @type {Operation[] | null} what leads from the stored content to the confirmed one; null where none is stored */
  #steps = null;
  #units = 0;
  /** @type {Map<number, { op: Operation, leaning: string }>} the edits as they are kept */
  #written = new Map();
  #writtenVersion = -1;
  /** @type {Promise<void> | null} */
  #writing = null;
  /** Whether the last write failed, after which it isn't known what is kept. */
  #failed = false;
  #backoff = new Backoff();
  /** @type {unknown} */
  #retryTimer = null;
  #slow = false;
  #closed = false;

  /**
   * @param {object} options
   * @param {Store} options.store
   * @param {string} options.place
   * @param {string} options.client
   * @param {string} options.key
   * @param {Kept} [options.kept] where to go on from
   * @param {() => void} options.release lets go of the record
   * @param {(session: Session) => void} [options.watch] called when something has happened
   * @param {import("../environment.js").Environment} [options.environment]
   */
  constructor({ store, place, client, key, kept, release, watch, environment = realEnvironment }) {
    this.client = client;
    this.key = key;
    this.#store = store;
    this.#place = place;
    this.#restored = kept;
    this.#release = release;
    this.#watch = watch;
    this.#environment = environment;
  }

  /** Whether the present state is kept. */
  get kept() {
    return this.healthy && this.#writing === null && typeof this.#session?.epoch === "string" && !this.#isNews();
  }

  /** Whether what happens is kept within a moment. */
  get healthy() {
    return !(this.#failed || this.#slow || this.#closed);
  }

  /** @param {unknown} _doc @param {Session} session @param {Tell} tell */
  begin(_doc, session, tell) {
    this.#session = session;
    this.#tell = tell;
    if (!this.#restored) return;
    session.restore(this.#restored);
    for (const { id, op, leaning } of this.#restored.edits) this.#written.set(id, { op, leaning: leaning.join() });
    this.#writtenVersion = this.#restored.version;
  }

  /** @param {Operation} stored */
  integrated(stored) {
    if (!this.#steps || stored.length === 0) return;
    this.#units += stored.length + insertedText(stored).length;
    if (this.#steps.length < MOST_STEPS && this.#units < MOST_UNITS) this.#steps.push(stored);
    else this.#steps = null;
  }

  reset() {
    this.#steps = null;
  }

  changed() {
    if (this.#session) this.#watch?.(this.#session);
    if (this.#isNews() && this.#retryTimer === null && !this.#closed) this.#writing ??= this.#writeAll();
  }

  /** Keep what there is, or remove the record where nothing is pending, and let go of it. */
  async close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#environment.clearTimeout(this.#retryTimer);
    await this.#writing;
    try {
      if (this.#isNews() && !this.#failed) await this.#write();
      if (this.#session?.replica.pending.length === 0) await this.#store.remove(this.client);
    } catch {
      // It stays as it is, which is harmless: what is in the log already is not sent again.
    }
    this.#release();
  }

  /** @returns {boolean} whether the session is not as it is kept */
  #isNews() {
    if (!this.#session || this.#session.epoch === null) return false;
    const { pending, version } = this.#session.replica;
    if (pending.length !== this.#written.size) return true;
    return pending.length > 0 && (version !== this.#writtenVersion || pending.some((edit) => this.#isNew(edit)));
  }

  /** @param {Edit} edit */
  #isNew({ id, op, leaning }) {
    const written = this.#written.get(id);
    return written?.op !== op || written.leaning !== [...leaning].join();
  }

  async #writeAll() {
    const { now, setTimeout, clearTimeout } = this.#environment;
    const slow = setTimeout(() => this.#hurry(true), SLOW_MS);
    try {
      while (this.#isNews()) await this.#write();
      this.#failed = false;
      this.#backoff.opened(now());
    } catch (error) {
      this.#lost(error);
    }
    clearTimeout(slow);
    this.#writing = null;
    this.#hurry(false);
  }

  /** A write has failed: try again with everything. @param {unknown} error */
  #lost(error) {
    const { now, random, setTimeout } = this.#environment;
    this.#written.clear();
    this.#writtenVersion = -1;
    this.#steps = null;
    if (!this.#failed) this.#tell("offline-unavailable", failureOf(error));
    this.#failed = true;
    if (this.#closed) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.changed();
    }, this.#backoff.failed(now(), random));
  }

  /** @param {boolean} slow */
  #hurry(slow) {
    this.#slow = slow;
    this.#tell();
  }

  async #write() {
    const writing = this.#taken();
    if (writing) await this.#store.write(writing);
  }

  /** @returns {Writing | null} what is to be written, which from now on counts as written */
  #taken() {
    if (!this.#session || this.#session.epoch === null) return null;
    const { epoch, kind, title, replica } = this.#session;
    const left = new Set(replica.pending.map(({ id }) => id));
    const gone = [...this.#written.keys()].filter((id) => !left.has(id));
    // Where most are gone it is quicker to write the others again.
    const whole = this.#failed || gone.length > left.size;
    const edits = whole ? replica.pending : replica.pending.filter((edit) => this.#isNew(edit));
    for (const id of gone) this.#written.delete(id);
    for (const { id, op, leaning } of edits) this.#written.set(id, { op, leaning: [...leaning].join() });
    const content = this.#steps ? undefined : replica.confirmed;
    if (!this.#steps) this.#units = 0;
    this.#steps ??= [];
    this.#writtenVersion = replica.version;
    return {
      session: {
        ...{ client: this.client, key: this.key, place: this.#place, epoch, kind, title, version: replica.version },
        ...{ steps: this.#steps.slice(), lastId: replica.lastId, edits: replica.pending.length, at: Date.now() },
      },
      content,
      whole,
      edits: edits.map(({ id, op, leaning }) => ({ id, op, leaning: [...leaning] })),
      gone: whole ? [] : gone,
    };
  }
}
