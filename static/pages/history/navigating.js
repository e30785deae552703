/** The buttons and keys by which one goes through a history. */

import { placeAfter, placeBefore, sessionPlaces } from "../../replay/places.js";
import { byId } from "../dom.js";
import { onKeys } from "./keys.js";

/**
 * @param {object} page
 * @param {import("./viewing.js").Viewing} page.viewing
 * @param {import("./facts.js").Facts} page.facts
 * @param {import("./playing.js").Playing} page.playing
 * @param {import("./changes-bar.js").ChangesBar} page.changes
 * @param {() => void} page.leave
 */
export function navigate({ viewing, facts, playing, changes, leave }) {
  /** @param {number | undefined} version */
  const to = (version) => version !== undefined && viewing.go(version);
  const sessions = () => sessionPlaces(facts.sessions, viewing.newest);
  const first = () => to(0);
  const last = () => to(viewing.newest);
  const back = () => to(viewing.version - 1);
  const on = () => to(viewing.version + 1);

  const buttons = { first, "step-back": back, "step-on": on, last };
  for (const [id, act] of Object.entries(buttons)) byId(id, HTMLButtonElement).addEventListener("click", act);
  viewing.on("moved", (version) => {
    for (const id of ["first", "step-back"]) byId(id, HTMLButtonElement).disabled = version === 0;
    for (const id of ["step-on", "last"]) byId(id, HTMLButtonElement).disabled = version === viewing.newest;
  });
  onKeys({
    ArrowLeft: back,
    ArrowRight: on,
    "Shift+ArrowLeft": () => to(placeBefore(facts.stars, viewing.version)),
    "Shift+ArrowRight": () => to(placeAfter(facts.stars, viewing.version)),
    PageUp: () => to(placeBefore(sessions(), viewing.version)),
    PageDown: () => to(placeAfter(sessions(), viewing.version)),
    Home: first,
    End: last,
    Space: () => playing.toggle(),
    "[": () => playing.changeSpeed(-1),
    "]": () => playing.changeSpeed(1),
    d: () => changes.toggle(),
    n: () => changes.go(1),
    p: () => changes.go(-1),
    Escape: leave,
    "Ctrl+Alt+Shift+h": leave,
    "Alt+Meta+Shift+h": leave,
  });
}
