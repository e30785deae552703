/** What pages are told for their panels, bars and switches. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { World } from "./helpers/world.js";

/** @param {Partial<import("../../static/client/document.js").DocumentOptions>} [options] */
function joined(options) {
  const world = new World();
  const doc = world.open(options);
  world.pass(100);
  return { world, doc };
}

test("every row of the log is told of once, as it came, when it has been taken in", () => {
  const { world, doc } = joined();
  /** @type {any[]} */
  const rows = [];
  doc.on("events", (events) => {
    assert.equal(doc.version, events.at(-1)?.seq);
    rows.push(...events);
  });
  doc.insert(0, "mine");
  world.pass(100);
  world.write([4, " theirs"]);
  world.room.append({ type: "tagged", client: "server", id: 0, author: "ana", of_version: 1, name: "draft" });
  world.room.append({ type: "from_the_future", client: "server", id: 0, author: "ana" });
  world.room.commit();
  world.pass(100);
  assert.deepEqual(rows, world.room.log);
});

test("what was missed without a network is told of too, around own edits", () => {
  const { world, doc } = joined();
  /** @type {number[]} */
  const rows = [];
  doc.on("events", (events) => rows.push(...events.map(({ seq }) => seq)));
  world.network = false;
  world.cut();
  doc.insert(0, "mine");
  for (let count = 0; count < 5; count += 1) world.write(["x"]);
  world.network = true;
  world.pass(60_000);
  assert.deepEqual(rows, [1, 2, 3, 4, 5, 6]);
});

test("the latency is that of the newest own edit, and unknown before the first", () => {
  const { world, doc } = joined();
  assert.equal(doc.latency, null);
  doc.insert(0, "x");
  world.pass(100);
  assert.equal(doc.latency, 20);
  world.latency = 35;
  doc.insert(0, "y");
  doc.insert(0, "z");
  world.pass(100);
  assert.equal(doc.latency, 70);
});

test("where nothing is edited it is that of the heartbeat", () => {
  const { world, doc } = joined();
  world.latency = 15;
  world.pass(16_000);
  assert.equal(doc.latency, 30);
});

test("an edit that was refused is not measured, and the next one is", () => {
  const { world, doc } = joined();
  world.room.refuseIf = () => "forbidden";
  doc.insert(0, "no");
  world.pass(100);
  assert.equal(doc.latency, null);
  world.room.refuseIf = () => null;
  doc.insert(0, "yes");
  world.pass(100);
  assert.equal(doc.latency, 20);
});

test("an edit that was lost with its connection is measured from when it was sent again", () => {
  const { world, doc } = joined();
  world.network = false;
  doc.insert(0, "lost");
  world.pass(1000);
  world.cut();
  world.network = true;
  world.pass(1000); // no heartbeat yet
  assert.equal(doc.latency, 20);
});

for (const acceptEncoding of [[], ["deflate"]]) {
  test(`a document that is loaded says how much has come${acceptEncoding.length ? ", compressed" : ""}`, async () => {
    const world = new World();
    world.environment.acceptEncoding = acceptEncoding;
    world.write(["0123456789"]);
    const doc = world.open();
    /** @type {any[]} */
    const heard = [];
    doc.on("loading", (progress) => heard.push(progress));
    const synced = doc.whenSynced();
    assert.equal(doc.synced, false);
    world.pass(100);
    await synced;
    assert.equal(doc.synced, true);
    const total = heard.at(-1).total;
    if (!acceptEncoding.length) assert.equal(total, 10);
    assert.ok(heard.length >= 2);
    assert.equal(heard.at(-1).received, total);
    for (const [index, { received }] of heard.entries()) assert.ok(index === 0 || received >= heard[index - 1].received);
  });
}

test("disconnected on purpose it is as without a network, and nothing brings it back but being told", () => {
  const { world, doc } = joined();
  doc.disconnect();
  assert.deepEqual([doc.connection, doc.status, doc.ended], ["disconnected", "connecting", null]);
  doc.insert(0, "mine");
  world.write(["theirs "]);
  world.wakes.forEach((wake) => wake());
  world.pass(600_000);
  assert.equal(world.sockets.length, 1);
  assert.deepEqual([doc.status, doc.text], ["unsaved", "mine"]);
  doc.disconnect();
  doc.reconnect();
  world.pass(100);
  assert.equal(doc.status, "saved");
  assert.equal(doc.text, world.room.text);
  doc.reconnect();
  world.pass(100);
  assert.equal(world.sockets.length, 2);
});

test("told to connect again, it does not wait for the next try", () => {
  const { world, doc } = joined();
  world.random = () => 1;
  for (let tries = 0; tries < 7; tries += 1) {
    world.cut();
    world.pass(tries === 6 ? 100 : 40_000);
  }
  assert.equal(doc.connection, "disconnected");
  doc.reconnect();
  world.pass(100);
  assert.equal(doc.connection, "connected");
});

test("disconnected while it waits for the next try, or for a token, it opens nothing", async () => {
  const { world, doc } = joined();
  world.cut();
  doc.disconnect();
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
  /** @type {(token: string) => void} */
  let answer = () => {};
  const waiting = joined({ token: () => new Promise((resolve) => (answer = resolve)) });
  waiting.doc.disconnect();
  answer("late");
  await new Promise((resolve) => setImmediate(resolve));
  waiting.world.pass(60_000);
  assert.deepEqual([waiting.world.sockets.length, waiting.world.sent("hello")], [1, []]);
  waiting.doc.reconnect();
  waiting.world.pass(100);
  assert.equal(waiting.world.sockets.length, 2);
});

test("disconnected before it was synced, it goes on from there", async () => {
  const world = new World();
  const doc = world.open();
  doc.disconnect();
  world.pass(60_000);
  assert.equal(doc.synced, false);
  doc.reconnect();
  world.pass(100);
  await doc.whenSynced();
  doc.close();
  doc.reconnect();
  world.pass(60_000);
  assert.equal(world.sockets.length, 2);
});
