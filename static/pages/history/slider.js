/** The slider over all versions, with a star for each that has a name. */

import { byId, make } from "../dom.js";
import { count, spoken } from "./words.js";

/** @typedef {import("../../client/history.js").NamedVersion} NamedVersion */
/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/** Stars that are drawn: more of them would be a line. */
const MOST_STARS = 300;

/** @param {Viewing} viewing @param {Facts} facts */
export function showSlider(viewing, facts) {
  const slider = byId("slider", HTMLInputElement);
  const stars = byId("stars", HTMLElement);
  const tell = () => {
    slider.value = String(viewing.version);
    slider.setAttribute("aria-valuetext", spoken(viewing.version, viewing.event));
  };
  const draw = () => {
    slider.max = String(viewing.newest);
    stars.replaceChildren(...facts.named.slice(-MOST_STARS).map((named) => star(named, viewing)));
    tell();
  };
  slider.addEventListener("input", () => viewing.go(Number(slider.value)));
  viewing.on("moved", tell);
  viewing.on("shown", tell);
  facts.on("known", draw);
  slider.disabled = false;
  draw();
}

/** @param {NamedVersion} named @param {Viewing} viewing */
function star({ version, name }, viewing) {
  const mark = make("button", { class: "star", type: "button", tabindex: "-1", title: `${name} – version ${count(version)}`, text: "★" });
  mark.style.setProperty("--place", String(viewing.newest > 0 ? version / viewing.newest : 0));
  mark.addEventListener("click", () => viewing.go(version));
  return mark;
}
