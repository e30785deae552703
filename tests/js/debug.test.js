/** What a document tells whoever looks into a problem. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";

import { Replica } from "../../static/client/replica.js";
import { World } from "./helpers/world.js";

/** @param {Partial<import("../../static/client/document.js").DocumentOptions>} [options] */
function joined(options) {
  const world = new World();
  world.write(["text"]);
  const doc = world.open(options);
  world.pass(100);
  return { world, doc };
}

test("it tells what is pending, how long edits take, and how far behind the server knows it to be", async () => {
  const { world, doc } = joined();
  for (let count = 0; count < 10; count += 1) {
    doc.edit(["x"], { undoable: false });
    world.pass(100);
  }
  world.write(["y"]);
  world.write(["z"]);
  world.pass(100);
  let told = await doc.debug();
  assert.deepEqual(told.latency, { count: 10, p50: 20, p99: 20 });
  assert.deepEqual([told.bridge, told.unseen, told.pending], [2, 0, []]);
  world.commits = false;
  doc.insert(0, "late");
  world.pass(100);
  told = await doc.debug();
  assert.deepEqual(told.pending.map(({ id, op, sent }) => [id, op, sent]), [[11, ["late"], true]]);
  assert.deepEqual([told.inFlight, told.status], [1, "saving"]);
});

test("the frames it remembers are bounded, the newest stay", async () => {
  const { world, doc } = joined();
  for (let count = 0; count < 700; count += 1) world.write(["x"]);
  world.pass(100);
  world.write(["newest"]);
  world.pass(100);
  let { frames } = await doc.debug();
  assert.equal(frames.length, 500);
  assert.equal(frames.at(-1)?.message.events[0].op[0], "newest");
  for (let count = 0; count < 8; count += 1) world.write(["long".repeat(25_000)]);
  world.pass(100);
  ({ frames } = await doc.debug());
  assert.ok(JSON.stringify(frames).length < 500_000);
  assert.ok(frames.length >= 4);
});

test("what it gives away holds neither key nor token", async () => {
  const { doc } = joined({ token: "secret-token" });
  const { frames } = await doc.debug();
  const [{ message: hello }] = frames;
  assert.equal(hello.type, "hello");
  assert.ok(!("key" in hello) && !("token" in hello));
  assert.doesNotMatch(await doc.reproduction(), /secret-token|"key"/);
});

test("a reproduction holds all it takes to come to the same text again", async () => {
  const { world, doc } = joined();
  doc.insert(4, " mine");
  world.write(["> "]);
  world.pass(100);
  const seen = JSON.parse(await doc.reproduction());
  assert.deepEqual([seen.format, seen.version, seen.complete, seen.restored], ["collab-reproduction", 1, true, null]);
  const messages = seen.frames.filter((/** @type {any} */ { way }) => way === "in").map((/** @type {any} */ { message }) => message);
  const replica = new Replica("zzzzzzzz");
  const of = (/** @type {string} */ type) => messages.filter((/** @type {any} */ message) => message.type === type);
  replica.reset(of("snapshot").flatMap((/** @type {any} */ { content }) => content).join(""), of("welcome")[0].snapshot.seq);
  for (const outcome of replica.integrate(of("events").flatMap((/** @type {any} */ { events }) => events))) void outcome;
  assert.equal(replica.confirmed, seen.confirmed);
  assert.equal(seen.shown, doc.text);
});

test("a reproduction is complete as long as its frames go back to where the client began", async () => {
  const { world, doc } = joined();
  const complete = async () => JSON.parse(await doc.reproduction()).complete;
  world.cut();
  world.pass(5000);
  for (let count = 0; count < 400; count += 1) world.write(["x"]);
  world.pass(100);
  assert.equal(await complete(), true);
  for (let count = 0; count < 200; count += 1) world.write(["x"]);
  world.pass(100);
  assert.equal(await complete(), false, "what the second hello goes on from is not there any more");
  world.room.epoch = "another";
  world.cut();
  world.pass(5000);
  assert.equal(await complete(), true, "it was loaded anew");
});

test("a reproduction holds what a page has gone on from, and the frames of compressed content", async () => {
  const world = new World();
  world.write(["text"]);
  world.environment.acceptEncoding = ["deflate"];
  const doc = world.open();
  const synced = doc.whenSynced();
  world.pass(100);
  await synced;
  const { frames } = JSON.parse(await doc.reproduction());
  const binary = frames.filter((/** @type {any} */ frame) => frame.binary !== undefined);
  const joined = Buffer.concat(binary.map((/** @type {any} */ frame) => Buffer.from(frame.binary, "base64")));
  assert.deepEqual(JSON.parse(inflateSync(joined).toString()), ["text"]);
  const kept = {
    ...{ epoch: "epoch-1", kind: "text", title: "", version: 1, content: "text", lastId: 1 },
    edits: [{ id: 1, op: [4, " mine"], leaning: ["zoe"] }],
  };
  const keeper = {
    ...{ client: "returning", key: "k".repeat(22), kept: true, healthy: true, integrated() {}, reset() {}, changed() {}, close() {} },
    begin: (/** @type {unknown} */ _doc, /** @type {any} */ session) => session.restore(kept),
  };
  world.network = false;
  const again = world.open({ keeper });
  const seen = JSON.parse(await again.reproduction());
  assert.deepEqual([seen.restored, seen.complete, seen.shown], [kept, true, "text mine"]);
  assert.deepEqual(seen.pending, [{ id: 1, op: [4, " mine"], sent: false, frozen: true, leaning: ["zoe"] }]);
});
