import { Backoff } from "./backoff.js";

/** @typedef {import("./environment.js").Environment} Environment */
/** @typedef {import("./environment.js").Many} Many */
/** @typedef {import("./shapes.js").Token} Token */

/**
 * @typedef {object} GreetingListener
 * @property {(token: string | undefined, many: Many | null) => void} ready the server may be told who one is
 * @property {(reason: string) => void} barred there is no token: this connection is of no use
 * @property {(token: string) => void} renewed
 * @property {(reason: string) => void} failed there is no token just now
 */

/** What it takes to say who one is: the token, asked for at each connection, and again before it expires. */
export class Greeting {
  #token;
  #environment;
  #listener;
  /** Stands for the connection: what was asked for on an earlier one is of no use. */
  #connection = {};

  /** @param {Token | undefined} token @param {Environment} environment @param {GreetingListener} listener */
  constructor(token, environment, listener) {
    this.#token = token;
    this.#environment = environment;
    this.#listener = listener;
  }

  /** The connection is gone. */
  reset() {
    this.#connection = {};
  }

  /**
   * Get what is needed on a new connection; where nothing has to be waited for, at once.
   *
   * @param {boolean} returning whether own edits may have to be carried over all that was missed
   */
  async begin(returning) {
    const connection = this.#connection;
    let token;
    try {
      token = typeof this.#token === "function" ? this.#token() : this.#token;
      if (token instanceof Promise) token = await token;
    } catch (error) {
      if (connection !== this.#connection) return;
      this.#listener.failed(String(error));
      return this.#listener.barred(String(error));
    }
    const loading = returning ? this.#environment.many() : null;
    // Where it can't be had, edits are carried in pairs: more slowly, to the same end.
    const many = loading instanceof Promise ? await loading.catch(() => null) : loading;
    if (connection === this.#connection) this.#listener.ready(token, many);
  }

  /**
   * Get a new token while the present one is still taken. Where there is none in time the server ends the
   * connection, and for the next one it is asked for as ever.
   *
   * @param {number} seconds that are left
   */
  async renew(seconds) {
    if (typeof this.#token !== "function") return;
    const { now, random, setTimeout } = this.#environment;
    const connection = this.#connection;
    const end = now() + seconds * 1000;
    const backoff = new Backoff();
    while (connection === this.#connection) {
      try {
        const token = await this.#token();
        if (connection === this.#connection) this.#listener.renewed(token);
        return;
      } catch (error) {
        if (connection === this.#connection) this.#listener.failed(String(error));
      }
      const wait = backoff.failed(now(), random);
      if (now() + wait >= end) return;
      await new Promise((resolve) => setTimeout(() => resolve(undefined), wait));
    }
  }
}
