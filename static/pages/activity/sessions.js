/** The sessions that are known, as values: they come in pages and one by one, and those that go on come again. */

/** @typedef {import("../models.js").Session} Session */

/** Sessions that a page keeps: further back one comes by the filters, or in the history of a document. */
export const MOST_SESSIONS = 500;

/** @param {Session} session @returns {string} the same for as long as it goes on */
export function keyOf({ document, author, first }) {
  return JSON.stringify([document, author, first]);
}

/**
 * @param {readonly Session[]} known
 * @param {readonly Session[]} others
 * @returns {Session[]} all of them as they were told last, each document with its newest title; that in which something
 *   happened last is first, and there are `MOST_SESSIONS` at most
 */
export function merged(known, others) {
  /** @type {Map<string, Session>} */
  const byKey = new Map();
  /** @type {Map<string, string>} */
  const titles = new Map();
  // What is told later has the newer title, whether or not anything else was done since.
  for (const session of [...known, ...others.toSorted((a, b) => a.position - b.position)]) {
    const key = keyOf(session);
    const before = byKey.get(key);
    if (!before || before.position <= session.position) byKey.set(key, session);
    titles.set(session.document, session.title);
  }
  const titled = [...byKey.values()].map((session) => {
    const title = titles.get(session.document) ?? "";
    return title === session.title ? session : { ...session, title };
  });
  return titled.sort((a, b) => b.position - a.position).slice(0, MOST_SESSIONS);
}

/**
 * @param {readonly Session[]} known
 * @param {{ sessions: readonly Session[], next: number | null }} page the newest ones
 * @returns {boolean} whether nothing can be between the two
 */
export function meet(known, { sessions, next }) {
  const oldest = sessions.at(-1);
  return next === null || oldest === undefined || (known.length > 0 && oldest.position <= known[0].position);
}
