/**
 * Unsaved edits in IndexedDB: for each session of editing a record with what it takes to go on from there.
 *
 *     sessions   who it is, and at which version
 *     contents   the confirmed content that `steps` of the session lead on from; written seldom, for it may be large
 *     edits      one row each, so that another letter typed writes one row
 *
 * All that belongs together is written in one transaction, so what is found is a state that the session once had.
 */

import { openDB } from "../vendor/idb.js";
import { apply, composeAll } from "../operation.js";

/** @typedef {import("../keeping.js").Kept} Kept */
/** @typedef {import("../keeping.js").KeptEdit} KeptEdit */
/** @typedef {import("../operation.js").Content} Content */
/** @typedef {import("../operation.js").Operation} Operation */

/**
 * @typedef {object} SessionRow
 * @property {string} client
 * @property {string} key
 * @property {string} place of the document, and whose edits they are
 * @property {string} epoch
 * @property {string} [kind] of the document, and its title; older records have neither
 * @property {string} [title]
 * @property {number} version
 * @property {Operation[]} steps from the stored content to that of `version`
 * @property {number} lastId
 * @property {number} edits how many are pending
 * @property {number} at milliseconds since 1970
 */
/** @typedef {{ key: string, kept: Kept }} Found */
/**
 * @typedef {object} Writing
 * @property {SessionRow} session
 * @property {Content} [content] where `steps` begin anew
 * @property {boolean} whole whether `edits` are all there are, whatever was kept before
 * @property {KeptEdit[]} edits those that are new or have changed
 * @property {number[]} gone ids of those that are no longer pending
 */

const NAME = "collab-offline";
const STORES = /** @type {const} */ (["sessions", "contents", "edits"]);

/** @param {string} client */
const editsOf = (client) => IDBKeyRange.bound([client, 0], [client, Infinity]);

export class Store {
  /** @type {Promise<import("idb").IDBPDatabase> | null} null where it isn't open */
  #db = null;

  /** @returns {Promise<Store>} rejected where the browser keeps nothing */
  static async open() {
    const store = new Store();
    await store.#open();
    return store;
  }

  /** Open the database, again if the browser has closed it. */
  #open() {
    if (this.#db) return this.#db;
    const forget = () => (this.#db = null);
    /** @type {Promise<import("idb").IDBPDatabase>} */
    const opening = openDB(NAME, 1, {
      upgrade(db) {
        db.createObjectStore("sessions", { keyPath: "client" }).createIndex("place", "place");
        db.createObjectStore("contents");
        db.createObjectStore("edits", { keyPath: ["client", "id"] });
      },
      // A later version of this program wants to change the stores: what is written from here on fails, and is told of.
      blocking: () => void opening.then((db) => db.close(), forget).then(forget),
      terminated: forget,
    });
    opening.catch(forget);
    return (this.#db = opening);
  }

  /** @returns {Promise<SessionRow[]>} all sessions, the newest first */
  async sessions() {
    /** @type {SessionRow[]} */
    const rows = await (await this.#open()).getAll("sessions");
    return rows.sort((a, b) => b.at - a.at);
  }

  /** @param {string} client @returns {Promise<Found | null>} null where nothing is kept of it */
  async read(client) {
    const transaction = (await this.#open()).transaction(STORES);
    const [session, content, edits] = await Promise.all([
      transaction.objectStore("sessions").get(client),
      transaction.objectStore("contents").get(client),
      transaction.objectStore("edits").getAll(editsOf(client)),
    ]);
    if (session === undefined || content === undefined || edits.length === 0) return null;
    const { key, epoch, version, steps, lastId, kind = "text", title = "" } = /** @type {SessionRow} */ (session);
    return { key, kept: { epoch, kind, title, version, content: apply(content, composeAll(steps)), lastId, edits } };
  }

  /** @param {Writing} writing @returns {Promise<void>} once it is kept */
  async write({ session, content, whole, edits, gone }) {
    const { client } = session;
    const transaction = (await this.#open()).transaction(STORES, "readwrite");
    const rows = transaction.objectStore("edits");
    const requests = [transaction.objectStore("sessions").put(session)];
    if (content !== undefined) requests.push(transaction.objectStore("contents").put(content, client));
    if (whole) requests.push(/** @type {any} */ (rows.delete(editsOf(client))));
    for (const edit of edits) requests.push(rows.put({ ...edit, client }));
    for (const id of gone) requests.push(/** @type {any} */ (rows.delete([client, id])));
    // The transaction's own failure says all; each request of it fails as well.
    for (const request of requests) request.catch(() => {});
    transaction.commit();
    await transaction.done;
  }

  /** @param {string} client */
  async remove(client) {
    const transaction = (await this.#open()).transaction(STORES, "readwrite");
    await Promise.all([
      transaction.objectStore("sessions").delete(client),
      transaction.objectStore("contents").delete(client),
      transaction.objectStore("edits").delete(editsOf(client)),
      transaction.done,
    ]);
  }
}
