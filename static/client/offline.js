/**
 * Documents whose unsaved edits outlive the page: kept in IndexedDB, and sent when somebody comes back. This module
 * is loaded only where it is asked for.
 *
 * Each page is a client of its own with a record of its own. One that finds the record of a page that is gone goes on
 * as that client, so that its edits are there at once, without a network too. Further ones are sent beside it, each
 * by a document of its own that nobody sees, since edits are numbered by client.
 */

import { socketUrl } from "./connection.js";
import { CollabDocument } from "./document.js";
import { randomId } from "./environment.js";
import { claim } from "./offline/claims.js";
import { failureOf } from "./offline/failure.js";
import { Keeper } from "./offline/keeper.js";
import { Returning } from "./offline/returning.js";
import { Store } from "./offline/store.js";

/** @typedef {import("./document.js").DocumentOptions} DocumentOptions */
/** @typedef {import("./keeping.js").Kept} Kept */
/** @typedef {import("./keeping.js").Report} Report */
/** @typedef {import("./keeping.js").Tell} Tell */

/** How long a record is kept that nobody comes back for, thirty days, and how many of them. */
const MOST_MS = 30 * 86_400_000;
const MOST_RECORDS = 200;

/** A browser that takes longer to open its storage is taken for one that has none. */
const OPENING_MS = 5000;

/**
 * @param {string | URL} url
 * @param {DocumentOptions} options
 * @returns {Promise<CollabDocument>} begun to connect; with what was kept, if there is something
 */
export async function openOffline(url, { offline, ...options }) {
  let office;
  try {
    if (!globalThis.navigator?.locks) throw new Error("this page can't have locks: it isn't served over https");
    office = new Office(await inTime(Store.open()), url, options, typeof offline === "string" ? offline : "");
    return await inTime(office.open());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new CollabDocument(url, { ...options, keeper: nobody({ code: "storage_unavailable", reason }) });
  }
}

/** The records of one document, as one page sees them. */
class Office {
  #store;
  #url;
  #options;
  #place;
  /** @type {Set<string>} clients whose records we look after, or wait for */
  #known = new Set();
  #end = new AbortController();
  /** @type {Tell} */
  #tell = () => {};
  #failed = false;
  /** Whether the refusal being told of is that of another client. */
  #forwarding = false;

  /** @param {Store} store @param {string | URL} url @param {DocumentOptions} options @param {string} owner */
  constructor(store, url, options, owner) {
    this.#store = store;
    this.#url = url;
    this.#options = options;
    this.#place = `${socketUrl(url, options.document)} ${owner}`;
  }

  /** @returns {Promise<CollabDocument>} */
  async open() {
    const own = (await this.#left()) ?? (await this.#anew());
    this.#known.add(own.client);
    const returning = own.kept && new Returning(own.kept, (report) => this.#tell("restored", report));
    const { environment } = this.#options;
    const place = { store: this.#store, place: this.#place, environment };
    const keeper = new Keeper({ ...own, ...place, watch: (it) => returning?.watch(it) });
    const { begin, close } = keeper;
    const doc = new CollabDocument(this.#url, {
      ...this.#options,
      keeper: Object.assign(keeper, {
        /** @type {typeof begin} */
        begin: (doc, session, tell) => {
          this.#tell = tell;
          begin.call(keeper, doc, session, tell);
        },
        close: () => {
          this.#end.abort();
          return close.call(keeper);
        },
      }),
    });
    doc.on("refused", (refusal) => this.#forwarding || returning?.refused(refusal));
    doc.on("connection", (state) => void (state === "connected" && this.#lookAround().catch(this.#missed)));
    return doc;
  }

  /** A record whose page is gone, the newest. */
  async #left() {
    const oldest = Date.now() - MOST_MS;
    for (const { client, place, edits, at } of await this.#store.sessions()) {
      if (place !== this.#place || edits === 0 || at < oldest) continue;
      const release = await claim(client);
      if (!release) continue;
      // Only now is it sure to be ours: another page may have sent all of it since.
      const found = await this.#store.read(client);
      if (found) return { client, release, ...found };
      release();
    }
    return null;
  }

  async #anew() {
    const client = randomId(12);
    const release = (await claim(client)) ?? (() => {});
    return { client, release, key: randomId(22), kept: undefined };
  }

  /** Look after what other pages have left, now or when they go, and remove what nobody comes back for. */
  async #lookAround() {
    const sessions = await this.#store.sessions();
    const oldest = Date.now() - MOST_MS;
    for (const [index, { client, place, edits, at }] of sessions.entries()) {
      if (this.#known.has(client) || this.#end.signal.aborted) continue;
      const here = place === this.#place;
      if (edits === 0 || at < oldest || index >= MOST_RECORDS) void this.#remove(client, at).catch(this.#missed);
      if (!here || at < oldest) continue;
      this.#known.add(client);
      this.#send(client)
        .catch(this.#missed)
        .finally(() => this.#known.delete(client));
    }
  }

  /**
   * What other pages have left could not be looked after; at the next connection it is tried again.
   *
   * @param {unknown} error
   */
  #missed = (error) => {
    if (this.#failed || this.#end.signal.aborted) return; // that this document is closed ends all waiting
    this.#failed = true;
    this.#tell("offline-unavailable", failureOf(error));
  };

  /** @param {string} client @param {number} at of the record, which may have been written since */
  async #remove(client, at) {
    const release = await claim(client);
    if (!release) return;
    const now = (await this.#store.sessions()).find((session) => session.client === client);
    if (now?.at === at) await this.#store.remove(client);
    release();
  }

  /** @param {string} client whose edits are sent when its page is gone */
  async #send(client) {
    const { signal } = this.#end;
    const release = await claim(client, signal);
    const found = release && (await this.#store.read(client));
    if (!found) return release?.();
    await new Promise((resolve) => {
      const returning = new Returning(found.kept, (report) => {
        this.#tell("restored", report);
        queueMicrotask(() => doc.close());
      });
      /** @param {import("./session.js").Session} session */
      const watch = (session) => returning.watch(session);
      const keeper = new Keeper({ ...found, client, release, store: this.#store, place: this.#place, watch });
      const doc = new CollabDocument(this.#url, { ...this.#options, user: undefined, keeper });
      doc.on("refused", (refusal) => {
        returning.refused(refusal);
        this.#forwarding = true;
        this.#tell("refused", refusal);
        this.#forwarding = false;
      });
      doc.on("closed", ({ final }) => {
        if (!final) return;
        void keeper.close();
        resolve(undefined);
      });
      signal.addEventListener("abort", () => doc.close());
    });
  }
}

/** @param {{ code: string, reason: string }} problem @returns {import("./keeping.js").Keeper} that keeps nothing, and says so */
function nobody(problem) {
  return {
    client: randomId(12),
    key: randomId(22),
    kept: false,
    healthy: false,
    begin: (_doc, _session, tell) => tell("offline-unavailable", problem),
    integrated() {},
    reset() {},
    changed() {},
    close() {},
  };
}

/** @template T @param {Promise<T>} promise @returns {Promise<T>} */
function inTime(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the browser's storage doesn't answer")), OPENING_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
