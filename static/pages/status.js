/** What the chip says. It goes by the work that is outstanding, not by the connection alone. */

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
    const text = saveState(doc);
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
}
