/** What the chip says. It goes by the work that is outstanding, not by the connection alone. */

/** @typedef {{ state: "saved" | "saving" | "reconnecting" | "unsaved", text: string }} SaveState */

/**
 * @param {{ status: import("../client/document.js").Status, pending: number, ended: boolean }} document
 * @returns {SaveState}
 */
export function saveState({ status, pending, ended }) {
  if (pending === 0) {
    // After the end nothing is tried any more, and all there was is in the log.
    if (status === "connected" || ended) return { state: "saved", text: "Saved" };
    return { state: "reconnecting", text: "Reconnecting…" };
  }
  if (status === "connected") return { state: "saving", text: "Saving…" };
  return { state: "unsaved", text: `Not saved – ${pending} ${pending === 1 ? "change" : "changes"}` };
}

/** How long "Saving…" stays after the last change is saved, so that it doesn't flicker with every letter. */
const CALM_MS = 250;

/**
 * Keep a chip at what is so. Good news may come a moment late, bad news never.
 *
 * @param {HTMLElement} chip
 * @param {import("../client/document.js").CollabDocument} doc
 */
export function showSaveState(chip, doc) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const show = () => {
    clearTimeout(timer);
    timer = undefined;
    const { state, text } = saveState({ status: doc.status, pending: doc.pending, ended: doc.ended !== null });
    chip.hidden = false;
    chip.dataset.state = state;
    if (chip.textContent !== text) chip.textContent = text;
  };
  const update = () => {
    const good = doc.pending === 0 && doc.status === "connected" && chip.dataset.state === "saving";
    if (!good) show();
    else timer ??= setTimeout(show, CALM_MS);
  };
  for (const name of /** @type {const} */ (["pending", "status", "closed"])) doc.on(name, update);
  show();
}
