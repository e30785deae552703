/** What the banners say: what could not be kept, what one may do no more, and why the document has stopped. */

import { copying } from "./banners.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */
/** @typedef {import("../client/document.js").Closed} Closed */
/** @typedef {import("../client/session.js").Refusal} Refusal */
/** @typedef {import("./banners.js").Banners} Banners */

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

/** Service restart (RFC 6455's registry of close codes) and going away. */
const RESTARTING = new Set([1001, 1012]);

/** @param {Banners} banners @param {CollabDocument} doc */
export function tellTroubles(banners, doc) {
  tellRefusals(banners, doc);
  tellRestored(banners, doc);
  tellRestart(banners, doc);
  tellRole(banners, doc);
  doc.on("retry", ({ code, reason }) => {
    const text = `The server cannot store changes right now: ${reason} (${code}). Yours are kept here and sent again.`;
    banners.show("retry", { kind: "wait", text });
  });
  doc.on("saved", () => banners.close("retry"));
  doc.on("offline-unavailable", ({ reason }) => {
    const text = `This browser keeps nothing for this page (${reason}): what isn’t saved would be lost with it.`;
    banners.show("storage", { kind: "wait", text, actions: [["Close", () => banners.close("storage")]] });
  });
  doc.on("diverged", ({ reason, detail }) => {
    console.warn(`collab: this copy differed from the log (${reason}): ${detail}`);
    if (reason === "prediction") return; // repaired in place
    const text = "This copy differed from the document and is being loaded again.";
    banners.show("diverged", { kind: "wait", text, actions: [["Close", () => banners.close("diverged")]] });
  });
  doc.on("closed", (end) => end.final && tellEnd(banners, doc, end));
}

/** @param {readonly Refusal[]} refusals @returns {string} */
function reasons(refusals) {
  return [...new Map(refusals.map(({ code, reason }) => [code, `${reason} (${code})`])).values()].join("; ");
}

/** @param {readonly Refusal[]} refusals @returns {import("./banners.js").Action[]} */
function rescue(refusals) {
  const lost = refusals.map(({ text }) => text).join("");
  return lost ? [copying("Copy my text", () => lost)] : [];
}

/** One banner for all that was refused until it is closed. @param {Banners} banners @param {CollabDocument} doc */
function tellRefusals(banners, doc) {
  /** @type {Refusal[]} */
  let refusals = [];
  const close = () => {
    refusals = [];
    banners.close("refused");
  };
  doc.on("refused", (refusal) => {
    refusals.push(refusal);
    const many = refusals.length === 1 ? "One of your changes was" : `${refusals.length} of your changes were`;
    const haste = refusals.every(({ code }) => code === "too_fast") ? " Wait a moment, and try again." : "";
    const text = `${many} not taken: ${reasons(refusals)}.${haste}`;
    banners.show("refused", { kind: "bad", text, actions: [...rescue(refusals), ["Close", close]] });
  });
}

/** What became of the edits that an earlier page left on this device. @param {Banners} banners @param {CollabDocument} doc */
function tellRestored(banners, doc) {
  doc.on("restored", ({ total, applied, refused }) => {
    const edits = total === 1 ? "1 edit" : `${total} edits`;
    const why = refused.length > 0 ? `: ${reasons(refused)}` : "";
    banners.show("restored", {
      kind: refused.length > 0 ? "bad" : "wait",
      text: `From your last visit: ${edits}: ${applied} applied, ${refused.length} refused${why}.`,
      actions: [...rescue(refused), ["Close", () => banners.close("restored")]],
    });
  });
}

/** @param {Banners} banners @param {CollabDocument} doc */
function tellRestart(banners, doc) {
  doc.on("closed", ({ code, final }) => {
    if (final || !RESTARTING.has(code)) return;
    banners.show("restart", { kind: "wait", text: "The server is being restarted. What you type is kept here, and sent when it is back." });
  });
  doc.on("connection", (state) => state === "connected" && banners.close("restart"));
}

/** @param {Banners} banners @param {CollabDocument} doc */
function tellRole(banners, doc) {
  let before = "";
  doc.on("role", (role) => {
    const close = () => banners.close("role");
    const text = "You may read this document, and change it no more.";
    if (role === "editor") close();
    else if (before === "editor") banners.show("role", { kind: "wait", text, actions: [["Close", close]] });
    before = role;
  });
}

/** @param {Banners} banners @param {CollabDocument} doc @param {Closed} end */
function tellEnd(banners, doc, { code, reason }) {
  const why = ENDINGS[code] ?? "The server has ended this session.";
  const detail = reason ? ` (${code}: ${reason})` : ` (${code})`;
  const unsaved = doc.pending > 0 ? " Your last changes are not saved." : "";
  const copy = doc.unsavedText ? copying("Copy my unsaved text", () => doc.unsavedText) : copying("Copy the text", () => doc.text);
  banners.show("end", {
    kind: "bad",
    text: `${why}${detail}${unsaved}`,
    actions: [...(doc.text ? [copy] : []), ["Load again", () => location.reload()]],
  });
}
