/**
 * A program of somebody who has installed the package: tests/test_sdk.py checks it strictly against the package's types,
 * compiles it and runs it against a server, whose address is in COLLAB_URL.
 */

import assert from "node:assert/strict";
import WebSocket from "ws";

import { CollabDocument, CollabError, connect, operation, type DocumentOptions, type Operation, type Refusal, type Status } from "collab-client";
import { History } from "collab-client/history.js";
import { apply } from "collab-client/operation.js";

const url = process.env.COLLAB_URL ?? "";
const options: DocumentOptions = { document: "typed", user: { name: "Ana" }, token: async () => "a-secret-of-this-program", offline: true, WebSocket };
const doc: CollabDocument = await connect(url, options);

const seen: string[] = [];
const off: () => void = doc.on("change", ({ origin, operation, version }) => {
  const op: Operation = operation;
  seen.push(`${origin} ${JSON.stringify(op)} ${version satisfies number}`);
});
doc.on("status", (status) => {
  // @ts-expect-error there is no such status
  if (status === "lost") throw new Error(status);
});
const calm = (status: Status): boolean => status === "saved" || status === "saving";
assert.ok(calm(doc.status));
const lost: Refusal[] = [];
doc.on("refused", (refusal) => lost.push(refusal));
doc.on("refused", ({ id, code, reason, text }) => console.error(id, code, reason, text));
doc.on("restored", ({ total, applied, refused }) => console.log(total, applied, refused.length));
const problems: string[] = [];
doc.on("offline-unavailable", ({ code }) => problems.push(code));
doc.on("loading", ({ received, total }) => console.log(received / total));
doc.on("events", (events) => events.forEach(({ seq, type, author, op }) => console.log(seq, type, author, op)));
doc.on("closed", ({ code, reason, final }) => console.log(code, reason, final));
// @ts-expect-error there is no such event
doc.on("saving", () => {});
// @ts-expect-error an offset is a number
assert.throws(() => doc.insert("0", "x"), CollabError);

doc.insert(0, "Hello");
doc.edit([5, ", world"]);
await doc.whenSaved();
off();
assert.deepEqual(problems, ["storage_unavailable"], "Node has no IndexedDB");

assert.deepEqual(seen.slice(0, 2).map((each) => each.split(" ")[0]), ["local", "local"]);
assert.equal(apply("Hello", [5, ", world"]), doc.text);
assert.equal(operation.plainText(doc.content), "Hello, world");
const latency: number | null = doc.latency;
assert.ok(latency !== null && latency > 0);
const { text, version } = await doc.at();
assert.deepEqual([text, version], ["Hello, world", doc.version]);
const { runs } = await new History(url, "typed").blame();
assert.equal(runs[0]?.credit.author, doc.author);
const { title } = await doc.rename("Typed");
assert.equal(title, "Typed");
const debug = await doc.debug();
assert.equal(debug.pending.length, 0);
doc.close();
console.log("done");
