/**
 * The tools of rich text. Native controls with names of their own, instead of Quill's toolbar, whose lists are no
 * lists for whoever can't see them. One stop of the Tab key; arrows go from one tool to the next.
 */

import { make } from "./dom.js";

/** @typedef {import("quill").default} Quill */
/** @typedef {{ name: string, value: unknown, label: string, key?: string, icon: string }} Tool */

/** Drawn with a stroke on a square of 16. */
const ICONS = {
  bold: "M5 3h4a2.5 2.5 0 0 1 0 5H5zM5 8h5a2.5 2.5 0 0 1 0 5H5z",
  italic: "M7 3h5M4 13h5M9.5 3l-3 10",
  underline: "M4.5 3v5a3.5 3.5 0 0 0 7 0V3M3.5 14h9",
  strike: "M11.5 5C11 3.6 9.7 3 8 3 6 3 4.7 4 4.7 5.4 4.7 8.6 11.5 7.6 11.5 10.7 11.5 12 10 13 8 13c-2 0-3.3-.8-3.7-2.2M2.5 8h11",
  ordered: "M7 4h7M7 8h7M7 12h7M2.5 3.2 3.7 2.5V6M2.3 10.2c.3-.7 2-.7 1.9.4C4.1 11.5 2.3 12 2.3 13.2h2.1",
  bullet: "M6 4h8M6 8h8M6 12h8M2.5 4h.6M2.5 8h.6M2.5 12h.6",
  check: "M8 4h6M8 12h6M2 4l1.3 1.3L6 2.7M2.5 10.5h3v3h-3z",
  quote: "M3 3v10M6.5 4.5h7M6.5 8h7M6.5 11.5h4",
  code: "M5.5 4.5 2 8l3.5 3.5M10.5 4.5 14 8l-3.5 3.5M9 3 7 13",
  link: "M6.5 9.5 9.5 6.5M7.5 4.5l1.2-1.2a2.7 2.7 0 0 1 4 4L11.5 8.5M8.5 11.5l-1.2 1.2a2.7 2.7 0 0 1-4-4L4.5 7.5",
  image: "M2.5 3h11v10h-11zM2.5 11l3-3 2.5 2.5 2-2 3.5 3.5M10.5 5.8h.1",
  clear: "M4 3h8M8 3l-1.3 6M2.5 13.5h6M10.5 9.5l4 4M14.5 9.5l-4 4",
};

/** @type {Tool[][]} */
const TOOLS = [
  [
    { name: "bold", value: true, label: "Bold", key: "Control+B", icon: ICONS.bold },
    { name: "italic", value: true, label: "Italic", key: "Control+I", icon: ICONS.italic },
    { name: "underline", value: true, label: "Underline", key: "Control+U", icon: ICONS.underline },
    { name: "strike", value: true, label: "Strike through", icon: ICONS.strike },
  ],
  [
    { name: "list", value: "ordered", label: "Numbered list", icon: ICONS.ordered },
    { name: "list", value: "bullet", label: "Bullet list", icon: ICONS.bullet },
    { name: "list", value: "unchecked", label: "Check list", icon: ICONS.check },
    { name: "blockquote", value: true, label: "Quotation", icon: ICONS.quote },
    { name: "code-block", value: true, label: "Code", icon: ICONS.code },
  ],
];

const KINDS = ["Text", "Heading 1", "Heading 2", "Heading 3"];

/**
 * @param {Quill} quill
 * @param {{ link: () => void, image: () => void, signal: AbortSignal }} actions
 * @returns {HTMLElement}
 */
export function toolbar(quill, { link, image, signal }) {
  const kind = make("select", { class: "rich-kind", "aria-label": "Kind of line" }, ...KINDS.map((text) => make("option", { text })));
  kind.addEventListener("change", () => {
    quill.getSelection(true);
    quill.format("header", kind.selectedIndex || false, "user");
  });

  /** @type {[HTMLButtonElement, Tool][]} */
  const toggles = [];
  const groups = TOOLS.map((tools) => {
    const buttons = tools.map((tool) => {
      const made = button(tool.label, tool.icon, () => {
        const { [tool.name]: present } = quill.getFormat(quill.getSelection(true));
        quill.format(tool.name, isOn(tool, present) ? false : tool.value, "user");
      });
      if (tool.key) made.setAttribute("aria-keyshortcuts", tool.key);
      toggles.push([made, tool]);
      return made;
    });
    return make("div", { class: "rich-group" }, ...buttons);
  });
  const linking = button("Link", ICONS.link, link);
  linking.setAttribute("aria-keyshortcuts", "Control+K");
  const more = [linking, button("Image", ICONS.image, image), button("Clear formatting", ICONS.clear, () => clear(quill))];
  const bar = make("div", { class: "rich-tools", role: "toolbar", "aria-label": "Formatting" }, kind, ...groups, make("div", { class: "rich-group" }, ...more));

  // Without the focus a selection in the text could be lost.
  bar.addEventListener("mousedown", (event) => {
    if (event.target !== kind) event.preventDefault();
  });
  rove(bar);

  const show = () => {
    const range = quill.getSelection();
    if (!range) return;
    const formats = quill.getFormat(range);
    kind.selectedIndex = Number.isInteger(formats.header) && Number(formats.header) < KINDS.length ? Number(formats.header) : 0;
    for (const [each, tool] of toggles) each.setAttribute("aria-pressed", String(isOn(tool, formats[tool.name])));
    linking.setAttribute("aria-pressed", String(Boolean(formats.link)));
  };
  quill.on("editor-change", show);
  signal.addEventListener("abort", () => quill.off("editor-change", show));
  show();
  return bar;
}

/** @param {Tool} tool @param {unknown} present @returns {boolean} */
function isOn({ value }, present) {
  if (value === true) return Boolean(present);
  return present === value || (value === "unchecked" && present === "checked");
}

/** Of the selection, or of the line that the caret is in. @param {Quill} quill */
function clear(quill) {
  const { index, length } = quill.getSelection(true);
  if (length > 0) return void quill.removeFormat(index, length, "user");
  const [line, offset] = quill.getLine(index);
  if (line) quill.removeFormat(index - offset, line.length(), "user");
}

/** @param {string} label @param {string} icon @param {() => void} act */
function button(label, icon, act) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("class", "rich-icon");
  drawing.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", icon);
  drawing.append(path);
  const made = make("button", { class: "rich-tool", type: "button", "aria-label": label, title: label }, drawing);
  made.addEventListener("click", act);
  return made;
}

/** @param {HTMLElement} bar whose controls the arrow keys go through */
function rove(bar) {
  const controls = /** @type {HTMLElement[]} */ ([...bar.querySelectorAll("select, button")]);
  /** @param {HTMLElement} current */
  const only = (current) => {
    for (const control of controls) control.tabIndex = control === current ? 0 : -1;
  };
  only(controls[0]);
  bar.addEventListener("focusin", ({ target }) => only(/** @type {HTMLElement} */ (target)));
  bar.addEventListener("keydown", (event) => {
    const at = controls.indexOf(/** @type {HTMLElement} */ (event.target));
    const forward = getComputedStyle(bar).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: controls.length - 1 }[event.key];
    if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const step = event.key.startsWith("Arrow") && forward === "ArrowLeft" ? 2 * at - next : next;
    event.preventDefault();
    controls[(step + controls.length) % controls.length].focus();
  });
}
