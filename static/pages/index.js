/** The list of documents. */

import { createDocument, listDocuments, pageOf } from "./api.js";
import { byId, make } from "./dom.js";
import { listed } from "./names.js";
import { reasonOf } from "./reason.js";
import { noteOpened, recentDocuments } from "./recent.js";
import { ago } from "./time.js";

/** @typedef {import("./api.js").DocumentRow} DocumentRow */
/** @typedef {import("./api.js").Kind} Kind */

/** So long after the last letter of a filter it is asked for. */
const TYPING_MS = 150;

const list = byId("documents", HTMLUListElement);
const more = byId("more", HTMLButtonElement);
const trouble = byId("trouble", HTMLElement);
const news = byId("news", HTMLElement);
const empty = byId("empty", HTMLElement);
const filter = byId("filter", HTMLInputElement);
const form = byId("make", HTMLFormElement);

/** @type {string | null} */
let next = null;
/** The question under way. */
let asking = new AbortController();

/** @param {DocumentRow} row @returns {HTMLLIElement} */
function entry(row) {
  const name = make("span", { class: "entry-title", text: row.title || row.id });
  if (!row.title) name.dataset.untitled = "";
  if (row.kind === "rich") name.append(make("span", { class: "entry-kind", text: "rich text" }));
  const updated = new Date(row.updated_at);
  const time = make("time", { datetime: row.updated_at, title: updated.toLocaleString(), text: ago(updated, new Date()) });
  const by = listed(row.authors, row.author_count);
  const people = make("span", { class: "quiet", text: by ? `by ${by}` : "nobody has written here yet" });
  const detail = make("span", { class: "quiet" }, "edited ", time, ` · version ${row.version}`);
  return make("li", {}, make("a", { class: "entry", href: pageOf(row.id) }, name, detail, people));
}

function showRecent() {
  const recent = recentDocuments();
  byId("recent", HTMLElement).hidden = recent.length === 0;
  const links = recent.map(({ id, title }) => make("a", { class: "button", href: pageOf(id), title: title || id, text: title || id }));
  byId("recent-documents", HTMLUListElement).replaceChildren(...links.map((link) => make("li", {}, link)));
}

/** @param {string} doing @param {unknown} error */
function complain(doing, error) {
  trouble.hidden = false;
  trouble.textContent = `${doing}: ${reasonOf(error)}.`;
}

/** @param {{ anew: boolean }} how or whether it goes on where it ends */
async function load({ anew }) {
  asking.abort();
  const { signal } = (asking = new AbortController());
  const title = filter.value.trim();
  more.disabled = true;
  try {
    const page = await listDocuments({ cursor: anew ? null : next, title }, signal);
    const first = anew ? 0 : list.children.length;
    if (anew) list.replaceChildren();
    list.append(...page.documents.map(entry));
    next = page.next;
    trouble.hidden = true;
    say(title);
    if (first > 0) list.children[first]?.querySelector("a")?.focus();
    more.textContent = "Show more";
    more.hidden = next === null;
  } catch (error) {
    if (signal.aborted) return; // another question took its place
    complain("The list could not be loaded", error);
    more.textContent = "Try again";
    more.hidden = false;
  }
  byId("bones", HTMLElement).hidden = true;
  more.disabled = false;
}

/** @param {string} title by which the list is filtered */
function say(title) {
  const shown = list.children.length;
  empty.hidden = shown > 0;
  empty.textContent = title
    ? `No document has “${title}” in its title.`
    : "Nothing here yet. Make the first document, and send its link to somebody.";
  news.textContent = `${shown === 1 ? "1 document" : `${shown} documents`}${next ? ", and more" : ""}`;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;
filter.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => void load({ anew: true }), TYPING_MS);
});

more.addEventListener("click", () => void load({ anew: list.children.length === 0 }));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wish = new FormData(form);
  const kind = /** @type {Kind} */ (wish.get("kind"));
  const title = byId("new-title", HTMLInputElement).value.trim();
  try {
    const { id } = await createDocument({ title, kind });
    noteOpened({ id, title, kind });
    location.assign(pageOf(id));
  } catch (error) {
    complain("The document could not be made", error);
  }
});

// Back from a document the page may come out of the browser's cache, with lists that are old by now.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  showRecent();
  void load({ anew: true });
});

showRecent();
void load({ anew: true });
// Sent before this script was there, the form would only have loaded the page again.
byId("new", HTMLButtonElement).disabled = false;
