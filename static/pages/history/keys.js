/** The page's keys. They leave fields alone, and what a button or a text does with a key itself. */

/** @typedef {Record<string, (() => void) | undefined>} Keys by name, as in "ArrowLeft" and "Shift+ArrowLeft" */

/** Keys with which one reads a text. */
const READING = new Set(["PageUp", "PageDown", "Home", "End", "Space"]);

/** @param {Keys} keys */
export function onKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const name = nameOf(event);
    const act = keys[name];
    if (!act || isTaken(event.target, name)) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event @returns {string} */
function nameOf({ key, code, shiftKey, ctrlKey, altKey, metaKey }) {
  // With Alt a key writes another letter on some keyboards.
  const letter = altKey && code.startsWith("Key") ? code.slice(3).toLowerCase() : key.length === 1 ? key.toLowerCase() : key;
  const modifiers = [ctrlKey && "Ctrl", altKey && "Alt", metaKey && "Meta", shiftKey && !"[]".includes(key) && "Shift"];
  return [...modifiers.filter(Boolean), letter === " " ? "Space" : letter].join("+");
}

/** @param {EventTarget | null} target @param {string} name @returns {boolean} whether the key means something else there */
function isTaken(target, name) {
  if (!(target instanceof HTMLElement) || name.startsWith("Ctrl+Alt+Shift+")) return false;
  if (target.closest("input, select, textarea")) return target.id !== "slider";
  if (target.closest("#paper, #rows, #found")) return READING.has(name);
  return name === "Space" && target.closest("button, summary, a") !== null;
}
