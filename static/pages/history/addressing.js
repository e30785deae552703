/** The page's address: what it asks for is shown, and what is shown is in it, to be sent to others. */

import { hashOf, placeOf } from "../../replay/address.js";
import { reasonOf } from "../reason.js";
import { count } from "./words.js";

/** @typedef {import("../../client/history.js").History} History */
/** @typedef {import("./changes-bar.js").ChangesBar} ChangesBar */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/** Browsers let a page change its address only so often. */
const ADDRESS_MS = 300;

/**
 * @param {Viewing} viewing
 * @param {ChangesBar} changes
 * @param {History} history
 * @param {(news: string) => void} say
 */
export async function followAddress(viewing, changes, history, say) {
  /** @param {number} version */
  const go = (version) => {
    if (version > viewing.newest) say(`There is no version ${count(version)} yet. This is the newest, ${count(viewing.newest)}.`);
    viewing.go(version);
  };
  const follow = async () => {
    const place = placeOf(location.hash);
    switch (place.kind) {
      case "range":
        go(place.newer);
        return changes.since(Math.min(place.older, viewing.newest));
      case "version":
        return go(place.version);
      case "time":
        return go(await versionAt(history, place.at, say));
      case "unknown":
        say(`“${place.text}” is no version. This is the newest.`);
    }
    viewing.go(viewing.newest);
  };
  addEventListener("hashchange", () => void follow());
  await follow();

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  // Not a step back for each version: back leads out of the history.
  const write = () => window.history.replaceState(null, "", location.pathname + hashOf(viewing.version, viewing.older));
  viewing.on("shown", () => {
    clearTimeout(timer);
    timer = setTimeout(write, ADDRESS_MS);
  });
}

/** @param {History} history @param {Date} at @param {(news: string) => void} say @returns {Promise<number>} the version of that time */
async function versionAt(history, at, say) {
  try {
    return (await history.at(at)).version;
  } catch (error) {
    say(`Of that time there is no version: ${reasonOf(error)}.`);
    return 0;
  }
}
