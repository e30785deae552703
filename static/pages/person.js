/** Who one is on these pages: a name and a colour, kept in this browser. */

import { PALETTE } from "../editors/colors.js";

/** @typedef {{ name: string, color: string }} Person */

const KEY = "collab.person";

const MOODS = ["Brave", "Bright", "Calm", "Clever", "Gentle", "Kind", "Lively", "Lucky", "Merry", "Patient", "Quiet", "Swift"];
const ANIMALS = ["Badger", "Crane", "Dolphin", "Fox", "Hare", "Heron", "Lynx", "Marten", "Otter", "Owl", "Robin", "Seal"];

/** Longest name that is taken. */
export const MOST_NAME = 40;

/** @template T @param {readonly T[]} list @returns {T} */
function any(list) {
  return list[Math.floor(Math.random() * list.length)];
}

/** @returns {Person} the one kept here, or a new one */
export function loadPerson() {
  const fresh = { name: `${any(MOODS)} ${any(ANIMALS)}`, color: any(PALETTE) };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    const name = typeof kept.name === "string" && kept.name.trim() ? kept.name.slice(0, MOST_NAME) : fresh.name;
    const person = { name, color: PALETTE.includes(kept.color) ? kept.color : fresh.color };
    savePerson(person);
    return person;
  } catch {
    return fresh; // the browser keeps nothing for us: then this page only
  }
}

/** @param {Person} person */
export function savePerson(person) {
  try {
    localStorage.setItem(KEY, JSON.stringify(person));
  } catch {
    // the same
  }
}

/** @param {string} name @returns {string} one or two letters for it */
export function initials(name) {
  const words = name.trim().split(/\s+/).slice(0, 2);
  return words.map((word) => [...word][0]?.toLocaleUpperCase() ?? "").join("") || "?";
}
