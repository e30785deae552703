/** The list of documents: all of them, or those in which something was found. */

import { createDocument, pageOf } from "./api.js";
import { byId, make } from "./dom.js";
import { count } from "./history/words.js";
import { ORDERS, queryOf, wantedOf } from "./list/address.js";
import { entryOf } from "./list/entry.js";
import { firstPage } from "./list/listing.js";
import { reasonOf } from "./reason.js";
import { noteOpened, recentDocuments } from "./recent.js";

/** @typedef {import("./api.js").Kind} Kind */
/** @typedef {import("./list/address.js").Wanted} Wanted */
/** @typedef {import("./list/listing.js").Page} Page */

/** So long after the last letter of a search it is asked for. */
const TYPING_MS = 150;

const list = byId("documents", HTMLUListElement);
const more = byId("more", HTMLButtonElement);
const trouble = byId("trouble", HTMLElement);
const news = byId("news", HTMLElement);
const empty = byId("empty", HTMLElement);
const sought = byId("sought", HTMLInputElement);
const order = byId("order", HTMLSelectElement);
const form = byId("make", HTMLFormElement);

/** @type {Page["next"]} */
let next = null;
/** Documents in the list. @type {Set<string>} */
let listed = new Set();
/** The rows of the first page as they were drawn for this question, or "". */
let drawn = "";
/** The question under way. */
let asking = new AbortController();

/** @returns {Wanted} */
function wanted() {
  return { words: sought.value.trim(), order: ORDERS[order.selectedIndex] };
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
  const what = wanted();
  more.disabled = true;
  try {
    if (anew || next === null) await loadFirst(what, signal);
    else {
      const page = await next(signal);
      const before = list.children.length;
      append(page);
      tell(page, what);
      list.children[before]?.querySelector("a")?.focus();
    }
    trouble.hidden = true;
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

/** @param {Wanted} what @param {AbortSignal} signal */
async function loadFirst(what, signal) {
  drawn = "";
  const page = await firstPage(what, signal);
  // "Nothing" is said when it is sure, and everything else at once, though it may be some tenths of a second old.
  if (page.missing === 0 || page.rows.length > 0) replace(page, what);
  if (page.missing > 0) replace(await firstPage(what, signal, page.missing), what);
}

/** @param {Page} page the first @param {Wanted} what */
function replace(page, what) {
  const key = JSON.stringify(page.rows);
  if (key !== drawn) {
    const focused = document.activeElement;
    const link = focused instanceof HTMLAnchorElement && list.contains(focused) ? focused.href : null;
    list.replaceChildren();
    listed = new Set();
    append(page);
    drawn = key;
    if (link) [...list.querySelectorAll("a")].find(({ href }) => href === link)?.focus({ preventScroll: true });
  }
  byId("bones", HTMLElement).hidden = true;
  tell(page, what);
}

/** @param {Page} page */
function append(page) {
  next = page.next;
  for (const row of page.rows) {
    // What was edited meanwhile comes a second time, as does what has the words in its title and is found by that, too.
    if (listed.has(row.id)) continue;
    listed.add(row.id);
    list.append(entryOf(row));
  }
}

/** @param {Page} page @param {Wanted} what */
function tell({ note }, { words }) {
  const shown = list.children.length;
  empty.hidden = shown > 0;
  empty.textContent = words ? `Nothing was found for “${words}”.` : "Nothing here yet. Make the first document, and send its link to somebody.";
  const documents = shown === 1 ? "1 document" : `${count(shown)} documents`;
  const text = `${words ? "Found " : ""}${documents}${next ? ", and more" : ""}`;
  if (news.textContent !== text) news.textContent = text;
  const label = byId("all-label", HTMLElement);
  label.textContent = words ? "Found" : "All documents";
  // How many there are matters to the eye only when something was looked for, and then says what the heading does.
  label.classList.toggle("unseen", words !== "");
  news.classList.toggle("unseen", words === "");
  byId("ordering", HTMLElement).hidden = words !== "";
  byId("note", HTMLElement).hidden = note === "";
  byId("note-text", HTMLElement).textContent = note;
}

/** @type {ReturnType<typeof setTimeout> | undefined} */
let typing;

/** @param {number} [delay] milliseconds until it is asked for */
function ask(delay = 0) {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const address = location.pathname + queryOf(wanted());
    // A search is one step back, however many letters it has.
    if ((wantedOf(location.search).words === "") === (wanted().words === "")) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    void load({ anew: true });
  }, delay);
}

/** Ask what the address says. */
function follow() {
  const { words, order: by } = wantedOf(location.search);
  if (sought.value.trim() !== words) sought.value = words;
  order.selectedIndex = ORDERS.indexOf(by);
  clearTimeout(typing);
  void load({ anew: true });
}

sought.addEventListener("input", () => ask(TYPING_MS));
sought.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || sought.value === "") return;
  event.preventDefault();
  sought.value = "";
  ask();
});
order.addEventListener("change", () => ask());
byId("search", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
more.addEventListener("click", () => void load({ anew: list.children.length === 0 }));
byId("note-again", HTMLButtonElement).addEventListener("click", () => void load({ anew: true }));
addEventListener("popstate", follow);

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
follow();
// Sent before this script was there, the form would only have loaded the page again.
byId("new", HTMLButtonElement).disabled = false;
