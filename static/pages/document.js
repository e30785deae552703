/** The page of one document. */

import { open } from "../client/index.js";
import { root } from "./api.js";
import { Banners } from "./banners.js";
import { Comings } from "./comings.js";
import { byId } from "./dom.js";
import { EventsPanel } from "./events-panel.js";
import { Following } from "./following.js";
import { offerHistory } from "./history-link.js";
import { tellHeight } from "./heights.js";
import { showLoading } from "./loading.js";
import { showMe } from "./me.js";
import { showMenu } from "./menu.js";
import { colorOf, remember } from "./names.js";
import { naming } from "./naming.js";
import { printWhole } from "./paper.js";
import { say } from "./news.js";
import { partOf } from "./path.js";
import { showPeople } from "./people.js";
import { guestToken, loadPerson } from "./person.js";
import { putPlace } from "./place.js";
import { kindOf, noteOpened } from "./recent.js";
import { offerLinks } from "./sharing.js";
import { Since } from "./since.js";
import { showSaveState } from "./status.js";
import { showTitle } from "./title.js";
import { tellTroubles } from "./troubles.js";

/** @typedef {import("./editor-shape.js").PageEditor} PageEditor */

const WORDS = { label: "Text of the document. Escape leaves it.", placeholder: "Write here. Whoever has the link sees it at once." };

const id = partOf(location.pathname, -1);
const person = loadPerson();
// The editor is fetched while the document comes; of what kind it is, is mostly known from the last time.
const guess = kindOf(id);
void editorOf(guess);
const doc = await open(root, { document: id, user: { name: person.name, color: person.color }, token: guestToken(), offline: true });

/** @type {PageEditor | null} */
let editor = null;
/** They may be wanted before there is an editor. */
let authorsShown = false;
/** For tests and for whoever looks under the bonnet. @type {{ doc: typeof doc, editor: PageEditor | null, view: any }} */
const collab = { doc, editor, view: null };
Object.assign(window, { collab });

tellTroubles(new Banners(byId("banners", HTMLElement)), doc);
showTitle(doc, say);
offerLinks(say);
offerHistory(id);
tellHeight(byId("bar", HTMLElement), "--bar-height");
showPresence();
showMenu(doc, { askForName: naming(doc, say), events: new EventsPanel(doc, say), showAuthors });
for (const name of /** @type {const} */ (["synced", "role", "closed"])) doc.on(name, showRole);
doc.on("pending", guardLeaving);
const loaded = showLoading(doc);
doc.whenSynced().then(start, loaded);

/** @param {"text" | "rich"} kind @returns {Promise<typeof import("./plain-editor.js").plainEditor>} */
async function editorOf(kind) {
  if (kind === "rich") return (await import("./rich-editor.js")).richEditor;
  return (await import("./plain-editor.js")).plainEditor;
}

async function start() {
  const kind = doc.kind === "rich" ? "rich" : "text";
  const make = await editorOf(kind);
  loaded();
  editor = make(byId("editor", HTMLElement), doc, WORDS);
  Object.assign(collab, { editor, view: editor.view });
  showAuthors(authorsShown);
  new Since(doc, editor);
  showSaveState(doc);
  if (kind === "text") printWhole(() => doc.text);
  noteOpened({ id, title: doc.title, kind });
  doc.on("title", (title) => noteOpened({ id, title, kind }));
  if (!location.hash) editor.focus();
  putPlace(id);
}

function showPresence() {
  const list = byId("people", HTMLElement);
  const following = new Following(doc, (offset) => editor?.reveal(offset), () => show());
  const comings = new Comings((text) => (byId("comings", HTMLElement).textContent = text));
  const knownAs = showMe(person, ({ name, color }) => {
    doc.presence.setUser({ name, color });
    remember([{ author: doc.author, user: { name, color } }]);
  });
  const show = (others = doc.presence.others) => {
    const choose = following.toggle.bind(following);
    showPeople(list, others, { author: doc.author, followed: following.client, choose });
  };
  doc.on("synced", () => {
    knownAs(doc.author);
    comings.begin();
  });
  doc.on("presence", (others) => {
    remember(others);
    show(others);
    following.go();
    comings.see(others, doc.connection === "connected");
  });
}

/** @param {boolean} shown */
function showAuthors(shown) {
  authorsShown = shown;
  editor?.showAuthors(shown ? colorOf : null);
}

function showRole() {
  byId("read-only", HTMLElement).hidden = doc.editable || !doc.synced;
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
