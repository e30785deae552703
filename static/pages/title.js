/** The title, changed where it stands. */

import { byId } from "./dom.js";
import { reasonOf } from "./reason.js";

/** @typedef {import("../client/index.js").CollabDocument} CollabDocument */

/**
 * @param {CollabDocument} doc
 * @param {(problem: string) => void} complain
 */
export function showTitle(doc, complain) {
  const field = byId("title", HTMLInputElement);
  const isOpen = () => document.activeElement === field;

  const show = () => {
    const name = doc.title || doc.document;
    byId("heading", HTMLElement).textContent = name;
    document.title = `${name} – collab`;
    field.placeholder = doc.document;
    // What somebody is typing there is not taken out of their hands.
    if (!isOpen()) field.value = doc.title;
    field.readOnly = !doc.editable;
  };

  const commit = async () => {
    const title = field.value.trim();
    if (title === doc.title || field.readOnly) return show();
    try {
      await doc.rename(title);
    } catch (error) {
      complain(`The title could not be changed: ${reasonOf(error)}`);
      field.value = doc.title;
    }
  };

  field.addEventListener("keydown", ({ key, isComposing }) => {
    if (isComposing || (key !== "Enter" && key !== "Escape")) return;
    if (key === "Escape") field.value = doc.title;
    field.blur();
  });
  field.addEventListener("blur", commit);
  for (const name of /** @type {const} */ (["title", "status", "role", "synced", "closed"])) doc.on(name, show);
  show();
}
