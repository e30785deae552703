// The page's own site serves the SDK (static/client and static/editors, plain files), so that nothing foreign is run.
import { CollabDocument } from "/static/client/index.js";
import { bindTextarea } from "/static/editors/textarea.js";

const server = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8000";
for (const id of ["heading", "entries"]) {
  const doc = new CollabDocument(server, { document: `guest-book-${id}` });
  bindTextarea(doc, document.getElementById(id));
  doc.on("pending", (count) => (document.getElementById("state").textContent = count ? "Saving…" : "Saved"));
}
