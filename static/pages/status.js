/** What the chip says. It goes by the work that is outstanding, not by the connection alone. */

import { byId } from "./dom.js";

/** @typedef {import("../client/document.js").CollabDocument} CollabDocument */

/**
 * @param {{ status: import("../client/document.js").Status, pending: number }} document
 * @returns {string}
 */
export function saveState({ status, pending }) {
  if (status === "saved") return "Saved";
  if (status === "saving") return "Saving…";
  if (status === "connecting") return "Reconnecting…";
  const waiting = `Not saved – ${pending} ${pending === 1 ? "change" : "changes"}`;
  return status === "kept" ? `${waiting}, kept on this device` : waiting;
}

/** How long "Saving…" stays after the last change is saved, so that it doesn't flicker with every letter. */
const CALM_MS = 250;

/**
 * Keep the chip at what is so. Good news may come a moment late, bad news never.
 *
 * @param {CollabDocument} doc
 */
export function showSaveState(doc) {
  const chip = byId("status", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const show = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = saveState(doc);
    tellTurn(chip.dataset.state, doc.status, text);
    chip.hidden = false;
    chip.dataset.state = doc.status;
    if (chip.textContent !== text) chip.textContent = text;
  };
  const update = () => {
    const good = doc.status === "saved" && chip.dataset.state === "saving";
    if (!good) show();
    else timer ??= setTimeout(show, CALM_MS);
  };
  for (const name of /** @type {const} */ (["pending", "status"])) doc.on(name, update);
  show();
  showDetails(chip, doc);
}

/** Who listens is told of turns to the worse, and of what ends them: not of every letter that is saved. */
const TROUBLE = new Set(["connecting", "kept", "unsaved"]);

/** @param {string | undefined} before @param {string} now @param {string} text */
function tellTurn(before, now, text) {
  if (before === undefined || before === now) return;
  if (TROUBLE.has(now) || (TROUBLE.has(before) && now === "saved")) byId("status-news", HTMLElement).textContent = text;
}

/** How long an answer takes, and when the last change was saved. @param {HTMLElement} chip @param {CollabDocument} doc */
function showDetails(chip, doc) {
  const details = byId("status-details", HTMLElement);
  /** @type {Date | null} */
  let saved = null;
  const show = () => {
    const { latency } = doc;
    const parts = [
      latency === null ? "" : `The server answers in ${latency < 10 ? latency.toFixed(1) : Math.round(latency)} ms.`,
      saved ? `Last saved at ${saved.toLocaleTimeString()}.` : "",
      `Version ${doc.version}.`,
    ];
    details.textContent = parts.filter(Boolean).join(" ");
  };
  doc.on("saved", () => (saved = new Date()));
  for (const name of ["pointerenter", "focus"]) chip.addEventListener(name, show);
  doc.on("pending", () => chip.matches(":hover, :focus-visible") && show());
  show();
}
