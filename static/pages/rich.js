/** The rich editor with nothing around it: /static/pages/rich.html?document=ID */

import { CollabDocument } from "../client/index.js";
import { byId } from "./dom.js";
import { loadPerson } from "./person.js";
import { richEditor } from "./rich-editor.js";
import { showSaveState } from "./status.js";

const id = new URLSearchParams(location.search).get("document") || "rich";
const doc = new CollabDocument(location.origin, { document: id, user: loadPerson() });

byId("title", HTMLElement).textContent = id;
await doc.whenSynced();
const editor = richEditor(byId("editor", HTMLElement), doc, {
  label: "Text of the document. Escape leaves it.",
  placeholder: "Write here. Whoever has the link sees it at once.",
});
showSaveState(byId("status", HTMLElement), doc);

/** For tests and for whoever looks under the bonnet. */
Object.assign(window, { collab: { doc, editor, quill: editor.view } });
