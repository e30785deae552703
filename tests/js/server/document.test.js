/**
 * A document from Node, against a real server: tests/test_sdk.py starts one and runs this file with its address in
 * COLLAB_URL.
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";

import { connect, open } from "../../../static/client/index.js";
import { Random } from "../helpers/random.js";

const url = process.env.COLLAB_URL ?? "";
/** @type {import("../../../static/client/document.js").SocketClass} */
const socketClass = /** @type {any} */ (WebSocket);

let documents = 0;

/** @param {import("node:test").TestContext} t @param {string} [document] */
async function joined(t, document = `joined-${(documents += 1)}`) {
  const doc = await connect(url, { document, WebSocket: socketClass });
  t.after(() => doc.close());
  return doc;
}

test("a large document tells how much of it has come", async (t) => {
  const random = new Random(1);
  const doc = await joined(t);
  const text = Array.from({ length: 1_000_000 }, () => String.fromCharCode(0x61 + random.int(0, 25))).join("");
  doc.insert(0, text);
  await doc.whenSaved();
  const other = await open(url, { document: doc.document, WebSocket: socketClass });
  t.after(() => other.close());
  /** @type {{ received: number, total: number }[]} */
  const heard = [];
  other.on("loading", (progress) => heard.push(progress));
  await other.whenSynced();
  assert.equal(other.text, text);
  assert.ok(heard.length > 10, `${heard.length} times`);
  assert.equal(new Set(heard.map(({ total }) => total)).size, 1);
  assert.deepEqual(heard.map(({ received }) => received), heard.map(({ received }) => received).toSorted((a, b) => a - b));
  assert.equal(heard.at(-1)?.received, heard.at(-1)?.total);
});

test("what is done without a connection, on purpose, meets what others do when it is there again", async (t) => {
  const ann = await joined(t);
  const bo = await joined(t, ann.document);
  const heard = new Promise((resolve) => bo.on("change", resolve));
  ann.insert(0, "text");
  await Promise.all([ann.whenSaved(), heard]);
  ann.disconnect();
  for (const letter of "typed slowly, letter by letter. ".repeat(20)) {
    ann.endUndoGroup();
    ann.insert(ann.text.length, letter);
  }
  bo.insert(0, "> ");
  await bo.whenSaved();
  /** @type {string[]} */
  const types = [];
  ann.on("events", (events) => types.push(...events.map(({ type }) => type)));
  ann.reconnect();
  await ann.whenSaved();
  assert.ok(ann.text.startsWith("> texttyped slowly"));
  assert.equal((await bo.at()).text, ann.text);
  assert.ok(types.length < 10, `${types.length} events`);
  assert.ok(ann.latency !== null && ann.latency > 0);
});
