/** Undo and redo, as they are asked for in a browser. */

/**
 * By hand instead of by a keymap, which takes Shift+Ctrl+Z for Ctrl+Z while Caps Lock is on.
 *
 * @param {KeyboardEvent} event
 * @returns {"undo" | "redo" | null} what the pressed keys ask for
 */
export function undoKey(event) {
  if (event.altKey || event.ctrlKey === event.metaKey) return null;
  // On a keyboard without Latin letters it goes by the place of the key.
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace("Key", "").toLowerCase();
  if (letter === "z") return event.shiftKey ? "redo" : "undo";
  return letter === "y" && event.ctrlKey && !event.shiftKey ? "redo" : null;
}

/**
 * Calls `act` when undo or redo is asked for, by keys or by the browser's own menu, which is kept from doing its own.
 *
 * @param {HTMLElement} element
 * @param {(wish: "undo" | "redo") => void} act
 * @param {AbortSignal} signal
 */
export function onUndoWish(element, act, signal) {
  /** @param {Event} event @param {"undo" | "redo" | null} wish */
  const obey = (event, wish) => {
    if (wish === null) return;
    event.preventDefault();
    act(wish);
  };
  element.addEventListener("keydown", (event) => obey(event, undoKey(event)), { signal });
  const wishes = /** @type {const} */ ({ historyUndo: "undo", historyRedo: "redo" });
  element.addEventListener(
    "beforeinput",
    (event) => obey(event, wishes[/** @type {keyof typeof wishes} */ (event.inputType)] ?? null),
    { signal },
  );
}
