/** The form that asks where a link leads. */

import { make } from "./dom.js";

/** @typedef {import("quill").default} Quill */

/** @param {string} typed @returns {string | null} where a link may lead; null for anything else */
export function address(typed) {
  const text = typed.trim();
  if (/^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/.test(text)) return `mailto:${text}`;
  const whole = /^[a-z][a-z0-9+.-]*:(?!\d)/i.test(text) ? text : `https://${text}`;
  if (!text || /\s/.test(text) || !URL.canParse(whole)) return null;
  return ["http:", "https:", "mailto:", "tel:"].includes(new URL(whole).protocol) ? whole : null;
}

/** @param {Quill} quill @returns {{ form: HTMLFormElement, open: () => void }} */
export function linkForm(quill) {
  const field = make("input", { class: "field rich-address", type: "text", inputmode: "url", autocomplete: "off", "aria-label": "Address of the link" });
  const wrong = make("p", { class: "rich-wrong", role: "alert" });
  const remove = make("button", { class: "button", type: "button", text: "Remove link" });
  const follow = make("a", { class: "rich-follow", target: "_blank", rel: "noopener noreferrer", text: "Open" });
  const form = make("form", { class: "rich-link", "aria-label": "Link" }, field, make("button", { class: "button", text: "Apply" }), remove, follow, wrong);
  form.noValidate = true;
  form.hidden = true;

  const close = () => {
    form.hidden = true;
    quill.focus();
  };
  /** @param {string | false} link */
  const apply = (link) => {
    const { index, length } = linked(quill);
    if (length > 0) quill.formatText(index, length, "link", link, "user");
    else if (link) quill.insertText(index, field.value.trim(), "link", link, "user");
    close();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const link = address(field.value);
    wrong.textContent = link ? "" : "This is no address of a page or of mail.";
    field.setAttribute("aria-invalid", String(!link));
    if (link) apply(link);
  });
  remove.addEventListener("click", () => apply(false));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });

  const open = () => {
    const range = quill.getSelection(true);
    const present = quill.getFormat(range).link;
    field.value = typeof present === "string" ? present : "";
    wrong.textContent = "";
    field.removeAttribute("aria-invalid");
    const target = typeof present === "string" ? address(present) : null;
    remove.hidden = follow.hidden = !target;
    if (target) follow.href = target;
    form.hidden = false;
    field.focus();
    field.select();
  };
  return { form, open };
}

/** @param {Quill} quill @returns {{ index: number, length: number }} the selection, or all of the link that the caret is in */
function linked(quill) {
  const range = quill.getSelection(true);
  if (range.length > 0) return range;
  const [leaf] = quill.getLeaf(range.index);
  for (let blot = /** @type {any} */ (leaf?.parent); blot && blot !== quill.scroll; blot = blot.parent) {
    if (blot.statics.blotName === "link") return { index: blot.offset(quill.scroll), length: blot.length() };
  }
  return range;
}
