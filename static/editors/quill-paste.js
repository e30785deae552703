/**
 * Pasted HTML under a strict Content-Security-Policy. The browser applies the page's policy to every document that
 * is made of the HTML: it complains of inline styles, style sheets and handlers and passes over them, and with them
 * over bold and italic from most word processors. So they are renamed before anything is parsed, and the styles
 * then set through the CSSOM, which the policy allows.
 */

/** @typedef {import("quill").default} Quill */

const TAG = /<\/?[a-z](?:[^<>"']|"[^"]*"|'[^']*')*>/gi;
const ATTRIBUTE = /"[^"]*"|'[^']*'|(?<![^\s"'])(?:style|on[a-z]+)(?=\s*=)/gi;

/** What stands in a style sheet is wanted for the lists of Word; `noembed` holds it as text. */
const SHEET = /^(<\/?)style\b/i;

/** @param {string} html @returns {string} it, so that no policy objects: `style` is `data-style` */
export function inert(html) {
  return html.replace(TAG, (tag) =>
    tag
      .replace(SHEET, "$1noembed")
      .replace(/^(<\/?)base\b/i, "$1x-base")
      .replace(ATTRIBUTE, (found) => (/^["']/.test(found) ? found : `data-${found}`)),
  );
}

/** @param {Element} element that is inert */
function setStyle(element) {
  const style = element.getAttribute("data-style") ?? "";
  // A property that no browser knows would be left out; Quill looks for it in Word's lists.
  if (element instanceof HTMLElement) element.style.cssText = style.replace(/(?<![\w-])mso-list\s*:/gi, "--mso-list:");
}

/** @param {Quill} quill whose pasted text is to keep its formats where the page has a policy */
export function pasteUnderPolicy(quill) {
  const clipboard = /** @type {any} */ (quill.clipboard);
  const { convertHTML, normalizeHTML } = clipboard;
  clipboard.convertHTML = (/** @type {string} */ html) => convertHTML.call(clipboard, inert(html));
  clipboard.normalizeHTML = (/** @type {Document} */ parsed) => {
    // These two Quill's normalizers look for; they copy markup into the page, so that all others are set after them.
    for (const element of parsed.querySelectorAll('[data-style*="mso-list" i], b[id^="docs-internal-guid-"]')) setStyle(element);
    normalizeHTML.call(clipboard, parsed);
    for (const sheet of parsed.querySelectorAll("noembed")) sheet.remove();
    for (const element of parsed.querySelectorAll("[data-style]")) setStyle(element);
  };
  clipboard.addMatcher("a", safeLink);
}

/**
 * A link that Quill would show as leading nowhere doesn't get into the document.
 *
 * @param {Node} _node
 * @param {any} delta
 */
function safeLink(_node, delta) {
  for (const step of delta.ops) if (!leads(step.attributes?.link)) delete step.attributes?.link;
  return delta;
}

/** @param {unknown} address @returns {boolean} whether a link may lead there */
function leads(address) {
  if (typeof address !== "string") return false;
  const link = document.createElement("a");
  link.href = address;
  return ["http:", "https:", "mailto:", "tel:", "sms:"].includes(link.protocol);
}
