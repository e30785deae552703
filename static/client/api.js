/** The HTTP API of a server, asked patiently: in browsers, workers and Node. */

import { CollabError } from "./errors.js";
import { randomId } from "./environment.js";

/** @typedef {import("./shapes.js").Token} Token */

/** How often something is asked again, and the longest wait before the first time. */
const MOST_TRIES = 5;
const FIRST_MS = 300;

/** So long may an answer take. */
const ANSWER_MS = 30_000;

/** What a server or a proxy says when it may have the answer in a moment. */
const PASSING = new Set([429, 502, 503, 504]);

export class Api {
  #base;
  #token;

  /**
   * @param {string | URL} url of the server: `ws://host/` or `http://host/`
   * @param {Token} [token]
   */
  constructor(url, token) {
    this.#base = new URL(url);
    this.#base.protocol = this.#base.protocol.replace("ws", "http");
    this.#token = token;
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | boolean | undefined>} [query]
   * @returns {Promise<any>}
   */
  get(path, query = {}) {
    const url = this.#url(path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return this.#ask(url, {});
  }

  /**
   * Have something done, once, however often it has to be asked for.
   *
   * @param {"POST" | "PATCH"} method
   * @param {string} path
   * @param {object} body
   * @param {(seq: number) => Promise<any>} read what an earlier try has done, of which the answer got lost: the event
   *   of that number
   * @returns {Promise<any>}
   */
  async write(method, path, body, read) {
    const headers = { "content-type": "application/json", "idempotency-key": randomId(22) };
    try {
      return await this.#ask(this.#url(path), { method, headers, body: JSON.stringify(body) });
    } catch (error) {
      if (error instanceof Failure && error.code === "already_done" && error.seq !== undefined) return read(error.seq);
      throw error;
    }
  }

  /**
   * Note something, which may be asked for any number of times.
   *
   * @param {string} path
   * @param {object} body
   * @param {{ keepalive?: boolean }} [options] whether the request outlives the page
   * @returns {Promise<any>}
   */
  put(path, body, { keepalive = false } = {}) {
    const headers = { "content-type": "application/json" };
    return this.#ask(this.#url(path), { method: "PUT", headers, body: JSON.stringify(body), keepalive });
  }

  /** @param {string} path */
  #url(path) {
    const url = new URL(this.#base);
    url.pathname = `${url.pathname.replace(/\/$/, "")}/api/documents/${path}`;
    return url;
  }

  async #tokenNow() {
    try {
      return typeof this.#token === "function" ? await this.#token() : this.#token;
    } catch (error) {
      throw new CollabError("token_failed", String(error));
    }
  }

  /** @param {URL} url @param {RequestInit} request */
  async #ask(url, request) {
    for (let tries = 1; ; tries += 1) {
      const last = tries >= MOST_TRIES;
      const token = await this.#tokenNow();
      const headers = { ...request.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
      try {
        const response = await fetch(url, { ...request, headers, signal: AbortSignal.timeout(ANSWER_MS) });
        if (response.ok) return await response.json();
        if (last || !PASSING.has(response.status)) throw await failure(response);
      } catch (error) {
        if (error instanceof CollabError) throw error;
        if (last) throw new CollabError("unreachable", `the server can't be reached: ${error}`);
      }
      const longest = FIRST_MS * 2 ** (tries - 1);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    }
  }
}

class Failure extends CollabError {
  /** @param {string} code @param {string} reason @param {number} [seq] of the event that is there already */
  constructor(code, reason, seq) {
    super(code, reason);
    this.seq = seq;
  }
}

/** @param {Response} response @returns {Promise<Failure>} */
async function failure(response) {
  const text = await response.text();
  try {
    const { code, reason, seq } = JSON.parse(text).error;
    return new Failure(code, reason, seq);
  } catch {
    return new Failure(`http_${response.status}`, text.slice(0, 200) || response.statusText);
  }
}
