/** Who one is on these pages: a name and a colour, and the secret by which the server knows a guest again. */

import { randomId } from "../client/environment.js";
import { PALETTE } from "../editors/colors.js";
import { keep, recall } from "./kept.js";
import { nameOf } from "./names.js";

/** @typedef {{ name: string, color: string, chosen: boolean }} Person `chosen`: the name is by its owner's own hand */

const PERSON = "collab.person";
const GUEST = "collab.guest";

/** Longest name that is taken. */
export const MOST_NAME = 40;

/** @returns {Person} the one kept here, or a new one, whose name is the server's to give */
export function loadPerson() {
  const kept = recall(PERSON);
  const chosen = typeof kept?.name === "string" && kept.chosen === true && kept.name.trim() !== "";
  const color = PALETTE.includes(kept?.color) ? kept.color : PALETTE[Math.floor(Math.random() * PALETTE.length)];
  const person = { name: chosen ? kept.name.slice(0, MOST_NAME) : "", color, chosen };
  savePerson(person);
  return person;
}

/** @param {Person} person */
export function savePerson(person) {
  keep(PERSON, person);
}

/** @returns {string} a token that only this browser has: whoever comes with it is the same guest */
export function guestToken() {
  const kept = recall(GUEST);
  if (typeof kept === "string" && /^[\w-]{22,64}$/.test(kept)) return kept;
  const token = randomId(32);
  keep(GUEST, token);
  return token;
}

/** @param {Person} person @param {string} author what the server calls them @returns {Person} with a name */
export function named(person, author) {
  return person.chosen || !author ? person : { ...person, name: nameOf(author).slice(0, MOST_NAME) };
}

/** @param {string} name @returns {string} one or two letters for it */
export function initials(name) {
  const words = name.trim().split(/\s+/).slice(0, 2);
  return words.map((word) => [...word][0]?.toLocaleUpperCase() ?? "").join("") || "?";
}
