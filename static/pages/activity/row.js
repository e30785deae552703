/** A session in the feed, drawn once and then kept at what is so. */

import { changesOf, pageOf } from "../api.js";
import { make } from "../dom.js";
import { colorOf, nameOf } from "../names.js";
import { paintAvatar } from "../people.js";
import { ago } from "../time.js";
import { addressOf } from "./filter.js";
import { deed, stretch } from "./words.js";

/** @typedef {import("../models.js").Filter} Filter */
/** @typedef {import("../models.js").Session} Session */
/** @typedef {{ element: HTMLElement, show: (session: Session, now: Date) => void }} Row */

/** @param {Session} session @param {Filter} filter that the page has @returns {Row} */
export function rowOf({ author, document }, filter) {
  const name = nameOf(author);
  const avatar = make("span", { class: "avatar", "aria-hidden": "true" });
  paintAvatar(avatar, name, colorOf(author));
  const title = make("a", { class: "document", href: pageOf(document) });
  const what = make("span");
  const time = make("time");
  const changes = make("a", { class: "more", text: "Changes" });
  const only = make("a", { class: "more", href: addressOf({ ...filter, document }), text: "Only this document" });
  only.hidden = filter.document !== "";

  const head = make("span", { class: "deed" }, authorLink(author, filter), " in ", title);
  const detail = make("span", { class: "quiet" }, what, " · ", time);
  const links = make("span", { class: "links" }, changes, only);
  const element = make("li", { class: "session" }, avatar, make("div", { class: "told" }, head, detail), links);

  return {
    element,
    show(session, now) {
      const ended = new Date(session.ended);
      const called = session.title || session.document;
      set(title, called);
      set(what, deed(session));
      set(time, `${stretch(new Date(session.began), ended)}, ${ago(ended, now)}`);
      time.dateTime = session.ended;
      time.title = ended.toLocaleString("en-GB");
      changes.href = changesOf(document, session.first - 1, session.last);
      changes.setAttribute("aria-label", `Changes by ${name} in ${called}`);
      only.setAttribute("aria-label", `Only this document: ${called}`);
    },
  };
}

/** @param {string} author @param {Filter} filter @returns {HTMLElement} leads to what they did */
export function authorLink(author, filter) {
  const name = nameOf(author);
  const link = author ? make("a", { class: "author", href: addressOf({ ...filter, author }), title: `Only what ${name} did`, text: name }) : make("b", { class: "author", text: name });
  link.style.setProperty("--peer", colorOf(author));
  return link;
}

/** @param {HTMLElement} element @param {string} text */
function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
