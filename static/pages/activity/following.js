/**
 * What is done, as it is done. A page of the newest tells what there is, and what was missed while there was no
 * connection; a stream tells what changes from there on.
 */

import { Backoff } from "../../client/backoff.js";
import { activity, isUnready, liveActivity } from "../models.js";
import { MOST_SESSIONS, meet } from "./sessions.js";

/** @typedef {import("../models.js").Filter} Filter */
/** @typedef {import("../models.js").Session} Session */
/** @typedef {{ sessions: Session[], next: number | null }} Page */

/**
 * @typedef {object} Follower
 * @property {() => readonly Session[]} known sessions
 * @property {(page: Page) => void} page the newest sessions, those that were missed among them, each time that one has connected
 * @property {(session: Session) => void} session one that is new, or has gone on
 * @property {(connected: boolean) => void} state
 * @property {(error: unknown) => void} fail the page could not be had; it will be asked for again
 * @property {(stale: boolean) => void} stale whether the newest of what was done are missing, for longer than a moment
 */

/** @param {Filter} filter @param {Follower} follower @returns {() => void} connects at once, if it isn't */
export function follow(filter, follower) {
  const backoff = new Backoff();
  let open = new AbortController();
  let isOpen = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function connect() {
    if (isOpen || document.hidden) return;
    isOpen = true;
    clearTimeout(timer);
    const { signal } = (open = new AbortController());
    try {
      const page = await newest(signal);
      follower.page(page);
      if (page.lag > 0) void catchUp(page.position + page.lag, signal);
      listen(page.position, signal);
    } catch (error) {
      if (signal.aborted) return;
      follower.fail(error);
      again();
    }
  }

  /** @param {AbortSignal} signal */
  async function newest(signal) {
    const page = await activity(filter, signal);
    const known = follower.known();
    while (known.length > 0 && !meet(known, page) && page.sessions.length < MOST_SESSIONS) {
      const { sessions, next } = await activity({ ...filter, before: page.next }, signal);
      page.sessions.push(...sessions);
      page.next = next;
    }
    return page;
  }

  /** @param {number} position @param {AbortSignal} signal */
  function listen(position, signal) {
    const stream = new EventSource(liveActivity(filter, position));
    signal.addEventListener("abort", () => stream.close());
    stream.addEventListener("open", () => {
      backoff.opened(performance.now());
      follower.state(true);
    });
    stream.addEventListener("session", ({ data }) => follower.session(JSON.parse(data)));
    stream.addEventListener("behind", ({ data }) => follower.stale(JSON.parse(data).lag > 0));
    // It would come back by itself, but not from every failure, and not with more than the newest of what was missed.
    stream.addEventListener("error", () => again());
  }

  /** @param {number} position that the log has, and the page doesn't yet @param {AbortSignal} signal */
  async function catchUp(position, signal) {
    try {
      follower.page(await activity({ ...filter, after: position }, signal));
    } catch (error) {
      if (!signal.aborted && isUnready(error)) follower.stale(true);
    }
  }

  function again() {
    close();
    follower.state(false);
    timer = setTimeout(() => void connect(), backoff.failed(performance.now(), Math.random));
  }

  function close() {
    clearTimeout(timer);
    open.abort();
    isOpen = false;
  }

  // A browser has few connections to one server, and a page that nobody sees needs none.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : void connect()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", () => void connect());
  addEventListener("online", () => void connect());
  void connect();
  return () => void connect();
}
