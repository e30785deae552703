/** The page of one document. */

import { open } from "../client/index.js";
import { collaborative } from "../editors/codemirror.js";
import { EditorState, EditorView, keymap, placeholder, standardKeymap } from "../vendor/codemirror.js";
import { root } from "./api.js";
import { showTroubles } from "./banners.js";
import { byId, copy } from "./dom.js";
import { showMe } from "./me.js";
import { showPeople } from "./people.js";
import { loadPerson } from "./person.js";
import { showSaveState } from "./status.js";

/** After so long without a document something must be said. */
const SLOW_MS = 4000;

const person = loadPerson();
const doc = await open(root, { document: documentId(), user: person, offline: true });
const news = byId("news", HTMLElement);

/** For tests and for whoever looks under the bonnet. @type {{ doc: import("../client/index.js").CollabDocument, view: EditorView | null }} */
const collab = { doc, view: null };
Object.assign(window, { collab });

showTroubles(byId("banners", HTMLElement), doc);
showMe(person, (changed) => doc.presence.setUser(changed));
showTitle(doc.title);
doc.on("title", showTitle);
doc.on("presence", (others) => showPeople(byId("people", HTMLElement), others, visit));
doc.on("pending", guardLeaving);

const slow = setTimeout(() => {
  byId("loading", HTMLElement).textContent = "The server cannot be reached. Trying again…";
}, SLOW_MS);

doc.whenSynced().then(start, () => {
  clearTimeout(slow);
  byId("skeleton", HTMLElement).hidden = true;
});

/** @returns {string} the last part of the address */
function documentId() {
  const part = location.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // the server will say that there is no such document
  }
}

function start() {
  clearTimeout(slow);
  byId("skeleton", HTMLElement).hidden = true;
  const view = new EditorView({
    parent: byId("editor", HTMLElement),
    state: EditorState.create({
      doc: doc.text,
      extensions: [
        collaborative(doc),
        keymap.of([{ key: "Escape", run: leave }]),
        keymap.of(standardKeymap),
        EditorView.lineWrapping,
        EditorView.scrollMargins.of(() => ({ top: byId("bar", HTMLElement).offsetHeight + 16, bottom: 16 })),
        EditorView.contentAttributes.of({
          "aria-label": "Text of the document. Escape leaves it.",
          spellcheck: "true",
          autocapitalize: "sentences",
        }),
        placeholder("Write here. Whoever has the link sees it at once."),
      ],
    }),
  });
  collab.view = view;
  showSaveState(byId("status", HTMLElement), doc);
  if (!location.hash) view.focus();
}

/** @param {EditorView} view @returns {boolean} */
function leave(view) {
  view.contentDOM.blur();
  return true;
}

/** @param {import("../client/carets.js").Other} other */
function visit(other) {
  const now = doc.presence.others.find(({ client }) => client === other.client);
  if (now?.cursor) collab.view?.dispatch({ effects: EditorView.scrollIntoView(now.cursor.head, { y: "center" }) });
}

/** @param {string} title */
function showTitle(title) {
  const name = title || documentId();
  byId("title", HTMLElement).textContent = name;
  document.title = `${name} – collab`;
}

/** What is kept on this device is not lost with the page. @param {BeforeUnloadEvent} event */
function ask(event) {
  if (!doc.kept) event.preventDefault();
}

/** @param {number} pending */
function guardLeaving(pending) {
  if (pending > 0) window.addEventListener("beforeunload", ask);
  else window.removeEventListener("beforeunload", ask);
}

byId("copy-link", HTMLButtonElement).addEventListener("click", async () => {
  const done = await copy(location.href);
  news.textContent = done ? "Link copied" : "The link could not be copied; it is in the address bar";
  setTimeout(() => (news.textContent = ""), 3000);
});

byId("second-window", HTMLButtonElement).addEventListener("click", () => {
  const width = Math.max(360, Math.round(screen.availWidth / 2));
  window.open(location.href, "", `popup,width=${width},height=${screen.availHeight},left=${screen.availWidth - width},top=0`);
});
