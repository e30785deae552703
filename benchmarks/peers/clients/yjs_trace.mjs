// node yjs_trace.mjs PATCHES BATCH OUT: a history as Yjs updates, for the load generator.
//
// PATCHES holds a JSON list of [place, number deleted, text inserted]. Each message carries BATCH of them, merged as a provider
// merges what it could not send at once.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import * as Y from "yjs";

const [patches, batch, out] = process.argv.slice(2);
const file = openSync(out, "w");
const doc = new Y.Doc();
const text = doc.getText("t");
let waiting = [];

function write() {
  const update = waiting.length > 1 ? Y.mergeUpdates(waiting) : waiting[0];
  const size = Buffer.alloc(4);
  size.writeUInt32LE(update.length);
  writeSync(file, size);
  writeSync(file, update);
  waiting = [];
}

doc.on("update", (update) => {
  waiting.push(update);
  if (waiting.length === Number(batch)) write();
});
for (const [place, removed, inserted] of JSON.parse(readFileSync(patches, "utf8"))) {
  doc.transact(() => {
    if (removed) text.delete(place, removed);
    if (inserted) text.insert(place, inserted);
  });
}
if (waiting.length) write();
closeSync(file);
