/** Who has done most in what is shown. */

import { byId, make } from "../dom.js";
import { count } from "../history/words.js";
import { contributors } from "../models.js";
import { colorOf, nameOf } from "../names.js";
import { paintAvatar } from "../people.js";
import { authorLink } from "./row.js";

/** @typedef {import("../models.js").Filter} Filter */
/** @typedef {import("../models.js").Contributor} Contributor */

const MOST = 8;

/** They are asked for again no more often than this. */
const PAUSE_MS = 10_000;

/** @param {Filter} filter @returns {() => void} to be called when something was done */
export function showContributors(filter) {
  const place = byId("contributors", HTMLElement);
  const list = byId("contributor-list", HTMLOListElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  async function show() {
    try {
      const found = await contributors({ document: filter.document, limit: MOST }, AbortSignal.timeout(PAUSE_MS));
      if (list.contains(document.activeElement)) return; // somebody is about to choose one
      list.replaceChildren(...found.contributors.map((each) => rowOf(each, filter)));
      place.hidden = found.contributors.length === 0;
    } catch {
      place.hidden = list.children.length === 0; // it is an extra: those of some moments ago may stay
    }
  }

  void show();
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (!document.hidden) void show();
    }, PAUSE_MS);
  };
}

/** @param {Contributor} contributor @param {Filter} filter */
function rowOf({ author, documents, edits, inserted, deleted }, filter) {
  const avatar = make("span", { class: "avatar", "aria-hidden": "true" });
  paintAvatar(avatar, nameOf(author), colorOf(author));
  const where = filter.document ? "" : ` in ${documents === 1 ? "1 document" : `${count(documents)} documents`}`;
  const text = `${edits === 1 ? "1 edit" : `${count(edits)} edits`}${where}`;
  const detail = make("span", { class: "quiet", title: `+${count(inserted)} −${count(deleted)} characters`, text });
  return make("li", { class: "contributor" }, avatar, make("span", { class: "told" }, authorLink(author, filter), detail));
}
