/** How CodeMirror shows a text of ours, be it to write in or only to read. */

import { EditorState, EditorView, highlightSpecialChars } from "../vendor/codemirror.js";
import { windowsLineEnds } from "./line-ends.js";

/** @typedef {import("@codemirror/state").Extension} Extension */

/**
 * Only "\n" ends a line: a "\r" in a text is a character of its line, so that offsets mean the same on both sides.
 *
 * @type {Extension}
 */
export const storedText = [
  EditorState.lineSeparator.of("\n"),
  highlightSpecialChars({ render: specialCharacter }),
  windowsLineEnds,
];

/** Not to be written in, but still to be reached by keyboard, for reading and copying. @type {Extension} */
export const frozen = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ tabindex: "0", "aria-readonly": "true" }),
];

/** @param {number} code @param {string | null} description @param {string} symbol */
function specialCharacter(code, description, symbol) {
  const span = document.createElement("span");
  // The end of a line that was written on Windows is nothing to show.
  if (code === 13) return span;
  span.textContent = symbol;
  span.title = description ?? "";
  span.className = "cm-specialChar";
  span.setAttribute("aria-label", description ?? "");
  return span;
}
