/**
 * Two who write at once, one of whom goes away for a while, and one who comes late, against a real server with its
 * address in COLLAB_URL. Prints the reproductions of all three, one a line: tests/test_reproduce.py plays them again.
 */

import WebSocket from "ws";

import { connect } from "../../../static/client/index.js";
import { Random } from "../helpers/random.js";

/** @type {import("../../../static/client/document.js").SocketClass} */
const socketClass = /** @type {any} */ (WebSocket);
const random = new Random(7);
const join = () => connect(process.env.COLLAB_URL ?? "", { document: "notes", WebSocket: socketClass });

const ann = await join();
ann.insert(0, "What both begin with. ".repeat(50));
await ann.whenSaved();
const bo = await join();

/** @param {typeof ann} doc @param {number} edits */
async function write(doc, edits) {
  for (let count = 0; count < edits; count += 1) {
    doc.edit(random.keystroke(doc.content));
    // What arrives meanwhile is taken in, while what was written is still under way.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

await Promise.all([write(ann, 60), write(bo, 60)]);
bo.disconnect();
await Promise.all([write(ann, 20), write(bo, 20)]);
bo.reconnect();
await Promise.all([write(ann, 20), bo.whenSynced()]);
await Promise.all([ann.whenSaved(), bo.whenSaved()]);
const late = await join();
await write(late, 10);
await Promise.all([write(ann, 10), write(late, 10)]);
await Promise.all([ann.whenSaved(), late.whenSaved()]);
// Nobody changes this any more.
late.insert(0, "The end.");
await late.whenSaved();
while (!ann.text.startsWith("The end.")) await new Promise((resolve) => ann.on("change", resolve));
for (const doc of [ann, bo, late]) {
  console.log(await doc.reproduction());
  doc.close();
}
