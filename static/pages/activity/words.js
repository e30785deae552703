/** Sessions in words. */

import { count } from "../history/words.js";

/** @typedef {import("../models.js").Session} Session */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "full" });

/** @param {Pick<Session, "inserted" | "deleted">} session @returns {string} such as "wrote 120 characters, deleted 3" */
export function deed({ inserted, deleted }) {
  if (inserted > 0) return deleted > 0 ? `wrote ${characters(inserted)}, deleted ${count(deleted)}` : `wrote ${characters(inserted)}`;
  return deleted > 0 ? `deleted ${characters(deleted)}` : "changed how it looks";
}

/** @param {number} number */
function characters(number) {
  return number === 1 ? "1 character" : `${count(number)} characters`;
}

/** @param {Date} began @param {Date} ended @returns {string} such as "14:02–14:10" */
export function stretch(began, ended) {
  const [from, to] = [clock.format(began), clock.format(ended)];
  return from === to ? to : `${from}–${to}`;
}

/** @param {Date} at @param {Date} now @returns {string} such as "Yesterday", or "Monday 23 November 2026" */
export function dayOf(at, now) {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  const day = days.format(at);
  if (day === days.format(now)) return "Today";
  return day === days.format(yesterday) ? "Yesterday" : day;
}

/** @param {number} number of sessions @returns {string} */
export function newOnes(number) {
  return `${count(number)} new`;
}
