/** The log's events in words. */

import { nameOf } from "./names.js";

/** @typedef {import("../client/messages.js").LogEvent} LogEvent */
/** @typedef {import("../client/operation.js").Operation} Operation */

/** Longest piece of text that is quoted, in characters. */
const MOST_QUOTED = 24;

/** @param {LogEvent} event @returns {string} what it did, as in "Ana …" */
export function eventWords(event) {
  switch (event.type) {
    case "created":
      return created(event);
    case "edited":
      return operationWords(event.op ?? []);
    case "renamed":
      return event.title ? `called it ${shortened(event.title)}` : "took its title away";
    case "restored":
      return `brought version ${event.of_version} back`;
    case "undone":
      return `undid what ${nameOf(event.of_author ?? "")} did in versions ${(event.after ?? 0) + 1} to ${event.until}`;
    case "tagged":
      return `named version ${event.of_version} ${shortened(event.name ?? "")}`;
    case "tag_renamed":
      return `renamed a version to ${shortened(event.name ?? "")}`;
    case "untagged":
      return "took the name from a version";
    default:
      return event.type; // of a newer server
  }
}

/** @param {LogEvent} event @returns {string} */
function created({ op, origin }) {
  if (origin) return `made it of version ${origin.version} of ${origin.document}`;
  return op && op.length > 0 ? "made it, with a text" : "made it";
}

/** @param {Operation} op @returns {string} */
export function operationWords(op) {
  const changes = changesOf(op);
  if (changes.length === 0) return "changed nothing";
  if (changes.length > 1) return `changed ${changes.length} places: ${sizes(changes)}`;
  const [{ at, inserted, deleted, formatted }] = changes;
  if (inserted && deleted) return `put ${shortened(inserted)} for ${units(deleted)} at ${at}`;
  if (inserted) return `typed ${shortened(inserted)} at ${at}`;
  return deleted ? `deleted ${units(deleted)} at ${at}` : `formatted ${units(formatted)} at ${at}`;
}

/** @typedef {{ at: number, inserted: string, deleted: number, formatted: number }} Change in one place of the text before */

/** @param {Operation} op @returns {Change[]} */
function changesOf(op) {
  /** @type {Change[]} */
  const changes = [];
  let at = 0;
  let isOpen = false;
  for (const component of op) {
    const kept = typeof component === "number" && component > 0;
    if (!kept && !isOpen) changes.push({ at, inserted: "", deleted: 0, formatted: 0 });
    isOpen = !kept;
    const change = changes[changes.length - 1];
    if (kept) at += component;
    else if (typeof component === "number") [change.deleted, at] = [change.deleted - component, at - component];
    else if (typeof component === "string") change.inserted += component;
    else if ("retain" in component) [change.formatted, at] = [change.formatted + component.retain, at + component.retain];
    else change.inserted += typeof component.insert === "string" ? component.insert : "▣";
  }
  return changes;
}

/** @param {readonly Change[]} changes @returns {string} such as "+12, −4" */
function sizes(changes) {
  /** @param {(change: Change) => number} size */
  const sum = (size) => changes.reduce((total, change) => total + size(change), 0);
  const [inserted, deleted, formatted] = [sum((each) => each.inserted.length), sum((each) => each.deleted), sum((each) => each.formatted)];
  return [inserted && `+${inserted}`, deleted && `−${deleted}`, formatted && `${formatted} formatted`].filter(Boolean).join(", ");
}

/** @param {number} count */
function units(count) {
  return count === 1 ? "1 character" : `${count} characters`;
}

/** @param {string} text @returns {string} its beginning, in quotation marks */
export function shortened(text) {
  const characters = [...text.replaceAll("\n", "⏎")];
  const shown = characters.length > MOST_QUOTED ? `${characters.slice(0, MOST_QUOTED - 1).join("")}…` : characters.join("");
  return `“${shown}”`;
}
