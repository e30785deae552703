/**
 * A client of the browser's kind that returns from long offline work, for benchmarks/returning.py: it says when it is
 * synced and offline, makes the edits it is given as a line of JSON, and says when all of them are saved.
 */

import { createHash } from "node:crypto";
import { createInterface } from "node:readline";

import { WebSocket } from "ws";

import { CollabDocument } from "../static/client/index.js";

const [, , url, id] = process.argv;
const doc = new CollabDocument(url, { document: id, WebSocket: /** @type {any} */ (WebSocket) });
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

await doc.whenSynced();
console.log("synced");
const offline = new Promise((resolve) => doc.on("closed", resolve));
const { value } = await lines.next();
await offline;
for (const op of JSON.parse(value)) doc.edit(op);
let changes = 0;
doc.on("change", () => (changes += 1));
console.log(doc.pending);
await doc.whenSaved();
const sha256 = createHash("sha256").update(doc.text).digest("hex");
console.log(JSON.stringify({ sha256, version: doc.version, changes }));
doc.close();
process.exit();
