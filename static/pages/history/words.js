/** Versions in words. */

import { nameOf } from "../names.js";

const numbers = new Intl.NumberFormat("en");
const days = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** @param {number} version @returns {string} such as "1,204" */
export function count(version) {
  return numbers.format(version);
}

/** @param {number} at milliseconds since 1970 @returns {string} such as "1 November 2026, 14:29:10" */
export function moment(at) {
  return `${days.format(at)}, ${clock.format(at)}`;
}

/**
 * @param {number} version
 * @param {{ author: string, at: number } | null} event that made it, if that is known
 * @returns {string} such as "Version 1,204, 1 November 2026, 14:29:10, Ana"
 */
export function spoken(version, event) {
  if (version === 0) return "Version 0, before the document was made";
  return event ? `Version ${count(version)}, ${moment(event.at)}, ${nameOf(event.author)}` : `Version ${count(version)}`;
}
