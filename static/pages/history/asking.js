/** One dialog for whatever is to be confirmed or named. */

import { byId } from "../dom.js";

/**
 * @param {{ title: string, text: string, yes: string, field?: { label: string, value: string, required?: boolean } }} question
 * @returns {Promise<string | null>} what was written into the field, "" without one; null if it was cancelled
 */
export async function ask({ title, text, yes, field }) {
  const dialog = byId("asking", HTMLDialogElement);
  if (dialog.open) return null;
  byId("asking-label", HTMLElement).textContent = title;
  byId("asking-text", HTMLElement).textContent = text;
  byId("asking-yes", HTMLButtonElement).textContent = yes;
  const [label, input] = [byId("asking-field-label", HTMLLabelElement), byId("asking-field", HTMLInputElement)];
  label.hidden = input.hidden = field === undefined;
  label.textContent = field?.label ?? "";
  input.value = field?.value ?? "";
  input.required = field?.required ?? false;
  dialog.returnValue = ""; // Escape would leave the last one
  dialog.showModal();
  byId("asking-cancel", HTMLButtonElement).onclick = () => dialog.close("");
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  return dialog.returnValue === "yes" ? input.value.trim() : null;
}
