/**
 * A document's past, from Node, against a real server: tests/test_sdk.py starts one and runs this file with its
 * address in COLLAB_URL. Each test has a document of its own.
 */

import assert from "node:assert/strict";
import { createServer, request } from "node:http";
import { test } from "node:test";
import WebSocket from "ws";

import { connect } from "../../../static/client/index.js";
import { History } from "../../../static/client/history.js";
import { Part } from "../../../static/replay/part.js";

const url = process.env.COLLAB_URL ?? "";
/** @type {import("../../../static/client/document.js").SocketClass} */
const socketClass = /** @type {any} */ (WebSocket);

let documents = 0;

/** @param {import("node:test").TestContext} t @param {string[]} words each an edit of its own */
async function written(t, ...words) {
  documents += 1;
  const doc = await connect(url, { document: `past-${documents}`, WebSocket: socketClass });
  t.after(() => doc.close());
  for (const word of words) {
    doc.edit([doc.text.length, word].filter(Boolean), { undoable: false });
    await doc.whenSaved();
  }
  return doc;
}

/**
 * A way to the server on which the answers to the first writes are lost, after the server has done what was asked.
 *
 * @param {import("node:test").TestContext} t
 * @param {number} lost
 * @param {Set<unknown>} [keys] those that came with writes
 */
async function leaky(t, lost, keys = new Set()) {
  const server = createServer((asked, answer) => {
    const writes = asked.method !== "GET";
    if (writes) keys.add(asked.headers["idempotency-key"]);
    const onward = request(new URL(asked.url ?? "", url), { method: asked.method, headers: asked.headers }, (response) => {
      const loses = writes && lost > 0;
      if (loses) lost -= 1;
      response.on("end", () => loses && asked.socket.destroy());
      if (loses) return response.resume();
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    asked.pipe(onward);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  return `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/`;
}

test("any version is read, by its number and by its time", async (t) => {
  const doc = await written(t, "one ", "two ");
  const first = await doc.at(doc.version - 1);
  assert.deepEqual([first.text, first.version], ["one ", doc.version - 1]);
  assert.equal((await doc.at()).text, "one two ");
  assert.equal((await doc.at(new Date(first.at ?? ""))).text, "one ");
  assert.equal((await doc.at(new Date(Date.now() + 60_000))).text, "one two ");
  await assert.rejects(doc.at(999), { name: "CollabError", code: "unknown_version" });
  await assert.rejects(doc.at(new Date(NaN)), { code: "invalid_time" });
});

test("the events come in order, over all pages, from where one wants to where one wants", async (t) => {
  const doc = await written(t);
  for (let count = 0; count < 1200; count += 1) doc.edit(["x"], { undoable: false });
  await doc.whenSaved();
  const all = [];
  for await (const { seq } of doc.history()) all.push(seq);
  assert.deepEqual(all, Array.from({ length: doc.version }, (_, index) => index + 1));
  const some = [];
  for await (const { seq } of doc.history({ after: 3, until: 6 })) some.push(seq);
  assert.deepEqual(some, [4, 5, 6]);
});

test("it says who wrote each part, and what happened between two versions", async (t) => {
  const doc = await written(t, "one ", "two ");
  doc.edit([-2, "On"], { undoable: false });
  await doc.whenSaved();
  const { runs, version } = await doc.blame();
  assert.equal(version, doc.version);
  assert.equal(runs.map(({ text }) => text).join(""), doc.text);
  assert.equal(runs[0].credit.first, doc.version);
  const { operation, parts, older, newer } = await doc.diff(doc.version - 1);
  assert.deepEqual([older, newer], [doc.version - 1, doc.version]);
  assert.deepEqual(operation, [-2, "On"]);
  assert.deepEqual(new Set(parts.map(({ kind }) => kind)), new Set(["kept", "inserted", "deleted"]));
});

test("blame of many parts comes whole, of one version", async (t) => {
  const doc = await written(t, "-".repeat(1100));
  for (let place = 1; place < 2200; place += 2) doc.edit([place, "x"], { undoable: false });
  await doc.whenSaved();
  const { runs } = await doc.blame();
  assert.ok(runs.length > 1000);
  assert.equal(runs.map(({ text }) => text).join(""), doc.text);
});

test("the timeline and the sessions count what was done", async (t) => {
  const doc = await written(t, "one ", "two ");
  const buckets = await doc.timeline({ buckets: 3 });
  assert.equal(buckets.reduce((sum, { inserted }) => sum + inserted, 0), 8);
  const sessions = await doc.sessions();
  assert.deepEqual(sessions.map(({ inserted, author }) => [inserted, author]), [[8, doc.author]]);
});

test("a document is renamed, and its clients are told", async (t) => {
  const doc = await written(t);
  const told = new Promise((resolve) => doc.on("title", resolve));
  const event = await doc.rename("Plan");
  assert.deepEqual([event.type, event.title], ["renamed", "Plan"]);
  assert.equal(await told, "Plan");
  assert.equal(doc.title, "Plan");
  await assert.rejects(doc.rename("x".repeat(10_000)), { name: "CollabError", code: "invalid_name" });
});

test("a version is named, brought back and forked", async (t) => {
  const doc = await written(t, "one ", "two ");
  const first = doc.version - 1;
  const named = await doc.nameVersion("draft", first);
  assert.deepEqual([named.type, named.of_version], ["tagged", first]);
  assert.deepEqual((await doc.versions()).map(({ name, version }) => [name, version]), [["draft", first]]);
  const changed = new Promise((resolve) => doc.on("change", resolve));
  const restored = await doc.restore(first);
  assert.equal(restored.type, "restored");
  await changed;
  assert.equal(doc.text, "one ");
  const fork = await doc.fork(first + 1, { title: "Copy" });
  assert.equal(fork.title, "Copy");
  assert.equal((await new History(url, fork.id).at()).text, "one two ");
  await assert.rejects(doc.fork(first, { id: doc.document }), { code: "document_exists" });
});

for (const lost of [1, 2]) {
  test(`what was done and not heard of is not done twice (${lost} answers lost)`, async (t) => {
    const doc = await written(t, "one ", "two ");
    const first = doc.version - 1;
    const keys = new Set();
    const past = () => leaky(t, lost, keys).then((way) => new History(way, doc.document));
    const restored = await (await past()).restore(first);
    const named = await (await past()).nameVersion("draft");
    const renamed = await (await past()).rename("Plan");
    const fork = await (await past()).fork();
    assert.equal(keys.size, 4, "one key for all tries of a write");
    assert.equal(restored.type, "restored");
    assert.equal(named.name, "draft");
    assert.deepEqual([renamed.title, renamed.seq], ["Plan", named.seq + 1]);
    assert.equal((await new History(url, fork.id).at()).text, "one ");
    const types = [];
    for await (const { type } of doc.history({ after: first + 1 })) types.push(type);
    assert.deepEqual(types, ["restored", "tagged", "renamed"]);
  });
}

test("somebody else's document of that id is not taken for the fork", async (t) => {
  const doc = await written(t, "one ");
  const other = await written(t, "other");
  const past = new History(await leaky(t, 1), doc.document);
  await assert.rejects(past.fork(undefined, { id: other.document }), { code: "document_exists" });
});

test("a server that can't be reached is a failure with a code", async () => {
  const past = new History("http://127.0.0.1:9/", "notes");
  await assert.rejects(past.at(), { name: "CollabError", code: "unreachable" });
});

test("a token that can't be had is a failure with a code, and goes along where it can", async (t) => {
  const doc = await written(t, "one ");
  const signedOut = new History(url, doc.document, () => Promise.reject(new Error("signed out")));
  await assert.rejects(signedOut.at(), { name: "CollabError", code: "token_failed", message: "Error: signed out" });
  /** @type {(string | undefined)[]} */
  const told = [];
  const server = createServer((asked, answer) => {
    told.push(asked.headers.authorization);
    answer.end('{"versions":[],"next":null}');
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  for (const token of ["fixed", async () => "asked for", undefined]) {
    await new History(`http://127.0.0.1:${port}/`, "notes", token).versions();
  }
  assert.deepEqual(told, ["Bearer fixed", "Bearer asked for", undefined]);
});

test("a part of the past is replayed to any of its versions", async (t) => {
  const doc = await written(t, "one ", "two ", "three");
  const history = new History(url, doc.document);
  const replay = await history.replay({ after: 1 });
  const part = new Part({ ...replay, content: replay.content ?? "" });
  assert.deepEqual([1, 2, 3, 4].map((version) => part.contentAt(version)), ["", "one ", "one two ", "one two three"]);
  assert.equal(part.authorOf(4), doc.author);
  assert.ok(Math.abs(part.timeOf(4) - Date.now()) < 60_000);
  assert.equal((await history.replay({ after: 1, until: 2, content: false })).content, null);
});

test("a text is found when it came and when it was gone", async (t) => {
  const doc = await written(t, "one ", "two ");
  doc.edit([-4]);
  await doc.whenSaved();
  const found = await doc.search("one");
  assert.deepEqual(found.map(({ kind, version, author, offset }) => [kind, version, author, offset]), [
    ["appeared", 2, doc.author, 0],
    ["disappeared", 4, doc.author, 0],
  ]);
});

test("the timeline goes by version, too, and sessions from a version on", async (t) => {
  const doc = await written(t, "one ", "two ");
  assert.deepEqual((await doc.timeline({ by: "version", buckets: 3 })).map(({ first, last }) => [first, last]), [[1, 1], [2, 2], [3, 3]]);
  assert.deepEqual((await doc.sessions({ after: 2 })).map(({ first, last }) => [first, last]), [[3, 3]]);
});

test("what one has seen is remembered for a guest with a token", async (t) => {
  const doc = await written(t, "one ", "two ");
  const mine = new History(url, doc.document, "a-secret-of-a-guest-of-this-test");
  const { author, role, seen } = await mine.visit();
  assert.deepEqual([author.startsWith("guest-"), role, seen], [true, "editor", null]);
  assert.equal((await mine.markSeen(2)).seen, 2);
  assert.equal((await mine.visit()).seen, 2);
  assert.equal((await doc.markSeen(2)).seen, null); // nobody knows who that was
  await assert.rejects(mine.markSeen(99), { code: "unknown_version" });
});
