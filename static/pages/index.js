/** The list of documents. */

import { createDocument, listDocuments, root } from "./api.js";
import { byId, make } from "./dom.js";
import { ago } from "./time.js";

const list = byId("documents", HTMLUListElement);
const more = byId("more", HTMLButtonElement);
const trouble = byId("trouble", HTMLElement);
const news = byId("news", HTMLElement);
const form = byId("make", HTMLFormElement);
const title = byId("new-title", HTMLInputElement);

/** @type {string | null} */
let next = null;

/** @param {import("./api.js").DocumentRow} row @returns {HTMLLIElement} */
function entry(row) {
  const name = make("span", { class: "entry-title", text: row.title || row.id });
  if (!row.title) name.dataset.untitled = "";
  const updated = new Date(row.updated_at);
  const time = make("time", { datetime: row.updated_at, title: updated.toLocaleString(), text: ago(updated, new Date()) });
  const detail = make("span", { class: "quiet" }, "edited ", time, ` · version ${row.version}`);
  return make("li", {}, make("a", { class: "entry", href: `d/${encodeURIComponent(row.id)}` }, name, detail));
}

/** @param {string} doing @param {unknown} error */
function complain(doing, error) {
  trouble.hidden = false;
  trouble.textContent = `${doing}: ${error instanceof Error ? error.message : error}.`;
}

async function load() {
  more.disabled = true;
  try {
    const page = await listDocuments(next);
    const first = list.children.length;
    list.append(...page.documents.map(entry));
    next = page.next;
    trouble.hidden = true;
    byId("empty", HTMLElement).hidden = list.children.length > 0;
    news.textContent = `${list.children.length} documents${next ? ", and more" : ""}`;
    if (first > 0) list.children[first]?.querySelector("a")?.focus();
    more.textContent = "Show more";
    more.hidden = next === null;
  } catch (error) {
    complain("The list could not be loaded", error);
    more.textContent = "Try again";
    more.hidden = false;
  }
  byId("bones", HTMLElement).hidden = true;
  more.disabled = false;
}

more.addEventListener("click", load);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const { id } = await createDocument(title.value.trim());
    location.assign(new URL(`d/${encodeURIComponent(id)}`, root));
  } catch (error) {
    complain("The document could not be made", error);
  }
});

// Back from a document the page may come out of the browser's cache, with a list that is old by now.
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  list.replaceChildren();
  next = null;
  void load();
});

void load();
