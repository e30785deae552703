/** How many changes have come since the newest version that is shown here, while others go on writing. */

import { guestToken } from "../person.js";
import { byId } from "../dom.js";
import { count } from "./words.js";

/** @typedef {import("./facts.js").Facts} Facts */
/** @typedef {import("./viewing.js").Viewing} Viewing */

/** A stream that ended is opened again after so long, and later each time that it fails. */
const AGAIN_MS = 1000;
const LONGEST_MS = 30_000;

/**
 * @param {Viewing} viewing
 * @param {Facts} facts
 * @param {URL} events of the document
 * @param {(error: unknown) => void} fail
 */
export function followNewer(viewing, facts, events, fail) {
  const badge = byId("newer", HTMLButtonElement);
  let last = viewing.newest;
  /** @type {AbortController | null} */
  let open = null;
  let wait = AGAIN_MS;

  const draw = () => {
    const newer = last - viewing.newest;
    badge.hidden = newer <= 0;
    badge.textContent = newer === 1 ? "+1 newer change" : `+${count(newer)} newer changes`;
  };
  facts.on("known", draw);
  badge.addEventListener("click", () => {
    badge.disabled = true;
    const renewed = facts.renew().catch(fail);
    void renewed.finally(() => (badge.disabled = false));
    facts.addEventListener("known", () => viewing.go(viewing.newest), { once: true });
  });

  async function follow() {
    while (!document.hidden) {
      const stream = (open = new AbortController());
      try {
        for await (const seq of numbers(events, last, stream.signal)) {
          last = Math.max(last, seq);
          wait = AGAIN_MS;
          draw();
        }
      } catch {
        // There is no connection, or not any more.
      }
      if (!stream.signal.aborted) await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
      if (stream.signal.aborted) return; // meanwhile, perhaps: then another one follows
      wait = Math.min(2 * wait, LONGEST_MS);
    }
  }
  // A browser has few connections to one server, and a page that nobody sees needs none.
  document.addEventListener("visibilitychange", () => {
    open?.abort();
    if (!document.hidden) void follow();
  });
  void follow();
}

/**
 * @param {URL} events
 * @param {number} after
 * @param {AbortSignal} signal
 * @returns {AsyncGenerator<number, void>} the numbers of the events that come
 */
async function* numbers(events, after, signal) {
  const url = new URL(events);
  url.searchParams.set("after", String(after));
  const headers = { accept: "text/event-stream", authorization: `Bearer ${guestToken()}` };
  const { ok, body } = await fetch(url, { headers, signal });
  if (!ok || !body) return;
  let line = "";
  for await (const text of /** @type {any} */ (body.pipeThrough(new TextDecoderStream()))) {
    const lines = (line + text).split("\n");
    // Of an unfinished line only the beginning matters: an event may be large.
    line = (lines.pop() ?? "").slice(0, 64);
    for (const each of lines) if (each.startsWith("id:")) yield Number(each.slice(3));
  }
}
