/** Who worked on what lately, over all documents or in those that the address says. */

import { showContributors } from "./activity/contributors.js";
import { Feed } from "./activity/feed.js";
import { addressOf, filterOf } from "./activity/filter.js";
import { follow } from "./activity/following.js";
import { MOST_SESSIONS, meet } from "./activity/sessions.js";
import { byId, make } from "./dom.js";
import { count } from "./history/words.js";
import { activity, isUnready } from "./models.js";
import { nameOf } from "./names.js";
import { reasonOf } from "./reason.js";

/** @typedef {import("./activity/following.js").Page} Page */

/** How often "5 minutes ago" is put right. */
const TICK_MS = 30_000;

const filter = filterOf(location.search);
const feed = new Feed(filter);
const trouble = byId("trouble", HTMLElement);
const older = byId("older", HTMLButtonElement);
const live = byId("live", HTMLElement);

/** Whether there are sessions before the oldest that is known. */
let isMore = false;
/** What the button "Try again" tries. @type {() => void} */
let again = () => {};

function tell() {
  const { length } = feed.sessions;
  byId("bones", HTMLElement).hidden = true;
  byId("empty", HTMLElement).hidden = length > 0;
  byId("empty", HTMLElement).textContent = nothing();
  older.hidden = !isMore || length >= MOST_SESSIONS;
  byId("end", HTMLElement).hidden = !isMore || length < MOST_SESSIONS;
  byId("end", HTMLElement).textContent = `These are the last ${count(MOST_SESSIONS)}. Choose an author or a document to look further back.`;
  showFilters();
}

/** @returns {string} */
function nothing() {
  if (filter.author) return `${nameOf(filter.author)} has written nothing${filter.document ? " in this document" : ""} yet.`;
  return filter.document ? "Nothing has been written in this document yet." : "Nothing has been written yet. Whatever is, in any document, shows here at once.";
}

function showFilters() {
  const title = feed.sessions.find(({ document }) => document === filter.document)?.title || filter.document;
  /** @type {[string, string, string][]} */
  const chips = [
    ["Author", filter.author && nameOf(filter.author), addressOf({ ...filter, author: "" })],
    ["Document", title, addressOf({ ...filter, document: "" })],
  ];
  const list = byId("filters", HTMLUListElement);
  const items = chips.filter(([, value]) => value).map(([label, value, href]) => {
    const cross = make("span", { "aria-hidden": "true", text: "×" });
    const link = make("a", { class: "button filter", href, title: "Remove this filter", "aria-label": `${label}: ${value}. Remove this filter` });
    link.append(make("span", { class: "quiet", text: `${label}:` }), make("span", { class: "value", text: value }), cross);
    return make("li", {}, link);
  });
  const key = JSON.stringify(chips);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
}

/** @param {unknown} error @param {() => void} retry */
function complain(error, retry) {
  trouble.hidden = false;
  byId("reason", HTMLElement).textContent = isUnready(error)
    ? "The list of what was done is just being made, or is out of order. It will be tried again by itself."
    : `What was done could not be loaded: ${reasonOf(error)}.`;
  again = retry;
}

/** Whether one is connected; null until one was, or has failed to be. @type {boolean | null} */
let isConnected = null;
/** Whether the server itself hasn't the newest. */
let isBehind = false;

function showState() {
  if (isConnected === null) return;
  const [state, text] = !isConnected
    ? ["off", "The connection is lost. Trying again…"]
    : isBehind
      ? ["behind", "What was done last is missing: the server is behind."]
      : ["on", "Live"];
  live.dataset.state = state;
  if (live.textContent !== text) live.textContent = text;
}

const changed = showContributors(filter);

const connect = follow(filter, {
  known: () => feed.sessions,
  page(page) {
    if (feed.sessions.length === 0 || !meet(feed.sessions, page)) isMore = page.next !== null;
    feed.take(page.sessions);
    trouble.hidden = true;
    isBehind = false;
    showState();
    tell();
  },
  session(session) {
    feed.take([session]);
    changed();
    tell();
  },
  state(connected) {
    // Until there is anything, why it isn't there is said elsewhere.
    isConnected = connected || feed.sessions.length > 0 || isConnected !== null ? connected : null;
    showState();
  },
  fail(error) {
    if (feed.sessions.length === 0) complain(error, connect);
    byId("bones", HTMLElement).hidden = true;
  },
  stale(stale) {
    isBehind = stale;
    showState();
  },
});

older.addEventListener("click", async () => {
  older.disabled = true;
  try {
    const page = await activity({ ...filter, before: feed.sessions.at(-1)?.position ?? null }, new AbortController().signal);
    isMore = page.next !== null;
    feed.add(page.sessions);
    trouble.hidden = true;
    tell();
  } catch (error) {
    complain(error, () => older.click());
  }
  older.disabled = false;
});

byId("again", HTMLButtonElement).addEventListener("click", () => {
  trouble.hidden = true;
  again();
});

setInterval(() => feed.tick(), TICK_MS);
showFilters();
