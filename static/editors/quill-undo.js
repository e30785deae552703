/** Undo in Quill that is the document's: whoever asks for it, by keys, a button or the browser's menu. */

import { undoKey } from "./undo-keys.js";

/**
 * Quill's own history stays empty until `signal` ends it.
 *
 * @param {import("quill").default} quill
 * @param {(wish: "undo" | "redo") => void} act
 * @param {AbortSignal} signal
 */
export function takeUndo(quill, act, signal) {
  const { history, root, container } = quill;
  history.clear();
  history.record = () => {};
  history.undo = () => act("undo");
  history.redo = () => act("redo");
  signal.addEventListener("abort", () => {
    for (const name of ["record", "undo", "redo"]) Reflect.deleteProperty(history, name);
  });
  container.addEventListener(
    "keydown",
    (event) => {
      const wish = undoKey(event);
      if (wish === null || !(event.target instanceof Node) || !root.contains(event.target)) return;
      event.preventDefault();
      event.stopPropagation(); // or Quill's own keys would see it
      act(wish);
    },
    { signal, capture: true },
  );
}
