/** What a document tells whoever looks into a problem. */

import assert from "node:assert/strict";
import { test } from "node:test";

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
  assert.equal(seen.complete, true);
  const messages = seen.frames.filter((/** @type {any} */ { way }) => way === "in").map((/** @type {any} */ { message }) => message);
  const replica = new Replica("zzzzzzzz");
  const of = (/** @type {string} */ type) => messages.filter((/** @type {any} */ message) => message.type === type);
  replica.reset(of("snapshot").flatMap((/** @type {any} */ { content }) => content).join(""), of("welcome")[0].snapshot.seq);
  for (const outcome of replica.integrate(of("events").flatMap((/** @type {any} */ { events }) => events))) void outcome;
  assert.equal(replica.confirmed, seen.confirmed);
  assert.equal(seen.shown, doc.text);
});
