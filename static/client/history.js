/** A document's past, over the HTTP API: any version, who wrote what, and older versions brought back. */

import { Api } from "./api.js";
import { CollabError } from "./errors.js";
import { plainText } from "./operation.js";
import { randomId } from "./environment.js";

/** @typedef {import("./messages.js").LogEvent} LogEvent */
/** @typedef {import("./operation.js").Content} Content */
/** @typedef {import("./operation.js").Operation} Operation */
/** @typedef {number | Date} When a version, by its number or by the time at which it was the newest */

/** @typedef {{ author: string, first: number, last: number, began: string, ended: string }} Credit */
/** @typedef {{ version: number, epoch: string, at: string | null, content: Content, text: string }} State */
/** @typedef {{ length: number, text: string, credit: Credit }} BlamedRun */
/** @typedef {{ version: number, epoch: string, runs: BlamedRun[] }} Blame */
/** @typedef {{ kind: "kept" | "inserted" | "deleted", length: number, text?: string, credit?: Credit }} DiffPart */
/** @typedef {{ older: number, newer: number, epoch: string, operation: Operation, parts: DiffPart[] }} Diff */
/**
 * @typedef {object} TimelineBucket
 * @property {string} began
 * @property {string} ended
 * @property {number} first
 * @property {number} last
 * @property {number} edits
 * @property {number} inserted units
 * @property {number} deleted units
 * @property {Record<string, number>} authors edits of the most active
 * @property {number} others edits of everybody else
 */
/**
 * @typedef {object} EditingSession
 * @property {string} author
 * @property {number} first
 * @property {number} last
 * @property {string} began
 * @property {string} ended
 * @property {number} edits
 * @property {number} inserted
 * @property {number} deleted
 */
/**
 * @typedef {[operation: Operation, count?: number, backwards?: boolean]} Step one event; or `count` events that each
 *   inserted the next so many characters (code points), or deleted the next so many units, perhaps going backwards
 */
/**
 * @typedef {object} Replay
 * @property {number} after
 * @property {number} until where it ends
 * @property {string} epoch
 * @property {Content | null} content at version `after`; null if it wasn't wanted
 * @property {Step[]} steps
 * @property {[author: string, events: number][]} turns
 * @property {number[]} times milliseconds since 1970 of the first event, then how much later each is than the one before
 */
/**
 * @typedef {object} Seen
 * @property {string} epoch
 * @property {number} version the newest
 * @property {string} author who one is
 * @property {string} role "editor", or another one: then one may look
 * @property {number | null} seen up to this version; null if that was never noted
 * @property {string | null} seen_at when that was noted
 */
/**
 * @typedef {object} Sighting a text that wasn't there appeared, or the last one in the document disappeared
 * @property {"appeared" | "disappeared"} kind
 * @property {number} version
 * @property {string} author
 * @property {string} at
 * @property {number} offset of one, in units: in that version, or in the one before if it disappeared
 */
/** @typedef {{ number: number, version: number, name: string, author: string, at: string }} NamedVersion */
/** @typedef {{ id: string, kind: string, title: string, version: number, created_at: string, updated_at: string }} DocumentRow */

/** Rows asked for at once, as many as a server sends: it works all of them out for each page. */
const ROWS = 10_000;

export class History {
  #api;
  #path;

  /**
   * @param {string | URL} url of the server
   * @param {string} document its id
   * @param {import("./shapes.js").Token} [token]
   */
  constructor(url, document, token) {
    this.#api = new Api(url, token);
    this.#path = encodeURIComponent(document);
  }

  /** @param {When} [when] the newest version if it isn't given @returns {Promise<State>} */
  async at(when) {
    const { version, epoch, at, content } = await this.#api.get(this.#path, moment(when));
    return { version, epoch, at, content, text: plainText(content) };
  }

  /**
   * @param {{ after?: number, until?: number }} [range] after version `after`, up to version `until`
   * @returns {AsyncGenerator<LogEvent, void>}
   */
  async *events({ after = 0, until } = {}) {
    /** @type {number | null} */
    let next = after;
    while (next !== null) {
      /** @type {{ events: LogEvent[], next: number | null }} */
      const page = await this.#api.get(`${this.#path}/events`, { after: next, until });
      yield* page.events;
      next = page.next;
    }
  }

  /**
   * A part of the history to be played: what happened after version `after`, up to version `until` or an earlier one.
   *
   * @param {{ after: number, until?: number, content?: boolean }} range with `content: false` without the content at `after`
   * @returns {Promise<Replay>}
   */
  replay(range) {
    return this.#api.get(`${this.#path}/replay`, range);
  }

  /** @param {When} [when] @returns {Promise<Blame>} */
  async blame(when) {
    const page = await this.#api.get(`${this.#path}/blame`, { ...moment(when), limit: ROWS });
    const { version, epoch, runs } = page;
    return { version, epoch, runs: await this.#rest("blame", { seq: version }, "runs", runs, page.next) };
  }

  /** @param {number} older @param {number} [newer] the newest version if it isn't given @returns {Promise<Diff>} */
  async diff(older, newer) {
    const page = await this.#api.get(`${this.#path}/diff`, { from: older, to: newer, limit: ROWS });
    const { epoch, operation, parts } = page;
    const range = { from: page.older, to: page.newer };
    const all = await this.#rest("diff", range, "parts", parts, page.next);
    return { older: page.older, newer: page.newer, epoch, operation, parts: all };
  }

  /**
   * @param {{ by?: "time" | "version", buckets?: number }} [options] of what its buckets have equally much
   * @returns {Promise<TimelineBucket[]>}
   */
  async timeline(options) {
    return (await this.#api.get(`${this.#path}/timeline`, options)).buckets;
  }

  /** @param {{ after?: number }} [range] what was done after that version; the rest of one that was going on @returns {Promise<EditingSession[]>} */
  sessions({ after = 0 } = {}) {
    return this.#rest("sessions", { after }, "sessions", [], 0);
  }

  /**
   * When a text appeared in the document, and when it was gone.
   *
   * @param {string} text 1 to 200 characters; the case counts
   * @returns {Promise<Sighting[]>}
   */
  search(text) {
    return this.#rest("search", { q: text }, "found", [], 0);
  }

  /** Who one is to the server, what one may do, and what one has seen. @returns {Promise<Seen>} */
  visit() {
    return this.#api.get(`${this.#path}/visit`);
  }

  /**
   * Note that one has seen the document up to a version. Of a guest without a token nothing is noted.
   *
   * @param {number} version
   * @param {{ keepalive?: boolean }} [options] whether the request outlives the page
   * @returns {Promise<Seen>}
   */
  markSeen(version, options) {
    return this.#api.put(`${this.#path}/visit`, { version }, options);
  }

  /** @returns {Promise<NamedVersion[]>} */
  versions() {
    return this.#rest("versions", {}, "versions", [], 0);
  }

  /** @param {string} name @param {number} [version] the newest if it isn't given @returns {Promise<LogEvent>} */
  nameVersion(name, version) {
    return this.#write("POST", "/versions", { name, version });
  }

  /** @param {number} version @returns {Promise<LogEvent>} */
  restore(version) {
    return this.#write("POST", "/restore", { version });
  }

  /** @param {string} title @returns {Promise<LogEvent>} */
  rename(title) {
    return this.#write("PATCH", "", { title });
  }

  /**
   * @param {number} [version] the newest if it isn't given
   * @param {{ id?: string, title?: string }} [options] of the new document
   * @returns {Promise<DocumentRow>}
   */
  async fork(version, { id = randomId(12), title } = {}) {
    return this.#api.write("POST", `${this.#path}/fork`, { version, id, title }, async () => {
      const made = await this.#api.get(encodeURIComponent(id));
      const { kind, newest, created_at, updated_at } = made;
      return { id, kind, title: made.title, version: newest, created_at, updated_at };
    });
  }

  /**
   * The rows of all pages.
   *
   * @param {string} what
   * @param {Record<string, string | number>} query
   * @param {string} rows how they are called
   * @param {any[]} found those of the pages before
   * @param {number | null} next
   * @returns {Promise<any[]>}
   */
  async #rest(what, query, rows, found, next) {
    while (next !== null) {
      const page = await this.#api.get(`${this.#path}/${what}`, { ...query, cursor: next, limit: ROWS });
      found.push(...page[rows]);
      next = page.next;
    }
    return found;
  }

  /** @param {"POST" | "PATCH"} method @param {string} what @param {object} body @returns {Promise<LogEvent>} */
  #write(method, what, body) {
    return this.#api.write(method, this.#path + what, body, async (seq) => {
      const { events } = await this.#api.get(`${this.#path}/events`, { after: seq - 1, until: seq });
      return events[0];
    });
  }
}

/** @param {When} [when] */
function moment(when) {
  if (!(when instanceof Date)) return { seq: when };
  if (Number.isNaN(when.getTime())) throw new CollabError("invalid_time", "this Date is no time");
  // Events are told apart by the microsecond: a Date stands for all of its millisecond.
  return { at: when.toISOString().replace("Z", "999Z") };
}
