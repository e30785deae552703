/** Messages that stay until they are read: what could not be kept, and why the document has stopped. */

import { copy, make } from "./dom.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/document.js").Closed} Closed */

/** @type {Record<number, string>} */
const ENDINGS = {
  1009: "Something in this document is too large for the server.",
  4400: "The server did not understand this page. Load it again to go on.",
  4401: "You are not signed in for this document.",
  4403: "You may no longer open this document.",
  4404: "This document does not exist, or is gone.",
  4409: "This page is too old for the server. Load it again to go on.",
  4413: "Something in this document is too large for the server.",
  4490: "This session was taken over by a newer one. Load the page again to go on here.",
};

/**
 * @param {HTMLElement} place
 * @param {{ kind: "bad" | "wait", text: string, buttons?: [string, (button: HTMLButtonElement) => void][] }} message
 * @returns {HTMLElement}
 */
function banner(place, { kind, text, buttons = [] }) {
  const actions = buttons.map(([label, act]) => {
    const button = make("button", { class: "button", type: "button", text: label });
    button.addEventListener("click", () => act(button));
    return button;
  });
  const element = make("div", { class: "banner", "data-kind": kind }, make("p", { class: "banner-text", text }), ...actions);
  place.append(element);
  return element;
}

/** @param {() => string} text @returns {[string, (button: HTMLButtonElement) => void]} */
function copyButton(text) {
  return [
    "Copy my text",
    async (button) => {
      button.textContent = (await copy(text())) ? "Copied" : "Could not be copied";
    },
  ];
}

/** @param {HTMLElement} place @param {CollabDocument} doc */
export function showTroubles(place, doc) {
  showRefusals(place, doc);
  showRestored(place, doc);
  showRetry(place, doc);
  doc.on("diverged", ({ reason, detail }) => {
    console.warn(`collab: this copy differed from the log (${reason}): ${detail}`);
    if (reason === "prediction") return; // repaired in place
    const text = "This copy differed from the document and is being loaded again.";
    const shown = banner(place, { kind: "wait", text, buttons: [["Close", () => shown.remove()]] });
  });
  doc.on("closed", (end) => end.final && showEnd(place, doc, end));
}

/** One banner for all that was refused until it is closed. @param {HTMLElement} place @param {CollabDocument} doc */
function showRefusals(place, doc) {
  /** @type {import("../client/session.js").Refusal[]} */
  let refusals = [];
  /** @type {HTMLElement | null} */
  let shown = null;
  doc.on("refused", (refusal) => {
    refusals.push(refusal);
    shown?.remove();
    const many = refusals.length === 1 ? "One of your changes was" : `${refusals.length} of your changes were`;
    const why = new Map(refusals.map(({ code, reason }) => [code, `${reason} (${code})`]));
    const lost = refusals.map(({ text }) => text).join("");
    shown = banner(place, {
      kind: "bad",
      text: `${many} not taken: ${[...why.values()].join("; ")}.`,
      buttons: [
        ...(lost ? [copyButton(() => lost)] : []),
        [
          "Close",
          () => {
            shown?.remove();
            shown = null;
            refusals = [];
          },
        ],
      ],
    });
  });
}

/** What became of the edits that an earlier page left on this device. @param {HTMLElement} place @param {CollabDocument} doc */
function showRestored(place, doc) {
  doc.on("restored", ({ total, applied, refused }) => {
    const edits = total === 1 ? "1 edit" : `${total} edits`;
    const lost = refused.map(({ text }) => text).join("");
    const shown = banner(place, {
      kind: refused.length > 0 ? "bad" : "wait",
      text: `From your last visit: ${edits}: ${applied} applied, ${refused.length} refused.`,
      buttons: [...(lost ? [copyButton(() => lost)] : []), ["Close", () => shown.remove()]],
    });
  });
}

/** @param {HTMLElement} place @param {CollabDocument} doc */
function showRetry(place, doc) {
  /** @type {HTMLElement | null} */
  let shown = null;
  doc.on("retry", ({ code, reason }) => {
    const text = `The server cannot store changes right now: ${reason} (${code}). Yours are kept here and sent again.`;
    shown?.remove();
    shown = banner(place, { kind: "wait", text });
  });
  doc.on("saved", () => {
    shown?.remove();
    shown = null;
  });
}

/** @param {HTMLElement} place @param {CollabDocument} doc @param {Closed} end */
function showEnd(place, doc, { code, reason }) {
  const why = ENDINGS[code] ?? "The server has ended this session.";
  const detail = reason ? ` (${code}: ${reason})` : ` (${code})`;
  const unsaved = doc.pending > 0 ? " Your last changes are not saved." : "";
  banner(place, {
    kind: "bad",
    text: `${why}${detail}${unsaved}`,
    buttons: [
      ...(doc.text ? [copyButton(() => doc.unsavedText || doc.text)] : []),
      ["Load again", () => location.reload()],
    ],
  });
}
