/** When a connection is opened, asked and given up. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Backoff } from "../../static/client/backoff.js";
import { Pacer } from "../../static/client/pacer.js";
import { randomId } from "../../static/client/environment.js";
import { joined } from "./helpers/joined.js";
import { World } from "./helpers/world.js";

test("the wait for the next try doubles up to thirty seconds, with full jitter", () => {
  const backoff = new Backoff();
  const longest = Array.from({ length: 9 }, () => backoff.failed(0, () => 1));
  assert.deepEqual(longest, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(new Backoff().failed(0, () => 0), 0);
});

test("a connection that held for a minute makes the waits start anew", () => {
  const backoff = new Backoff();
  for (let tries = 0; tries < 5; tries += 1) backoff.failed(0, () => 1);
  backoff.opened(1000);
  assert.equal(backoff.failed(60_999, () => 1), 16_000);
  backoff.opened(100_000);
  assert.equal(backoff.failed(160_000, () => 1), 500);
});

test("a connection that was opened and never welcomed does not count as stable", () => {
  const backoff = new Backoff();
  backoff.failed(0, () => 1);
  assert.equal(backoff.failed(100_000, () => 1), 1000);
});

test("the pacer lets a burst through, then the rate, both with a tenth to spare", () => {
  const pacer = new Pacer();
  pacer.configure({ edits_per_second: 100, edit_burst: 10 }, 0);
  for (let count = 0; count < 9; count += 1) assert.equal(pacer.take(0), 0);
  const wait = pacer.take(0);
  assert.equal(wait, 12);
  assert.equal(pacer.take(wait), 0);
  assert.ok(pacer.take(wait) > 0);
});

test("a new connection does not refill the pacer", () => {
  const pacer = new Pacer();
  const limits = { edits_per_second: 1, edit_burst: 2 };
  pacer.configure(limits, 0);
  pacer.take(0);
  pacer.configure(limits, 0);
  assert.ok(pacer.take(0) > 0);
});

test("ids are long enough, differ, and use letters and digits", () => {
  const ids = new Set(Array.from({ length: 100 }, () => randomId(12)));
  assert.equal(ids.size, 100);
  for (const id of ids) assert.match(id, /^[0-9A-Za-z]{12}$/);
});

test("a quiet connection is asked after fifteen seconds, and an answer is enough", () => {
  const world = new World();
  const doc = joined(world);
  world.pass(14_000);
  assert.equal(world.sent("ping").length, 0);
  world.pass(2000);
  assert.equal(world.sent("ping").length, 1);
  world.pass(120_000);
  assert.equal(doc.connection, "connected");
  assert.equal(world.sockets.length, 1);
});

test("a connection that answers nothing for ten seconds is dead", () => {
  const world = new World();
  const doc = joined(world);
  world.network = false;
  world.pass(24_500);
  assert.equal(doc.connection, "connected");
  world.pass(1500);
  assert.notEqual(doc.connection, "connected");
  world.network = true;
  world.pass(60_000);
  assert.equal(doc.connection, "connected");
});

test("a dead network is noticed in 25 seconds while somebody types, and nothing typed is lost", () => {
  const world = new World();
  const doc = joined(world);
  world.network = false;
  let seconds = 0;
  for (; doc.connection === "connected"; seconds += 1) {
    assert.ok(seconds <= 25, "the heartbeat goes by what is heard, not by what is said");
    doc.insert(doc.text.length, "x");
    world.pass(1000);
  }
  assert.ok(seconds >= 24, "it is given time to answer");
  assert.equal(doc.status, "unsaved");
  world.network = true;
  world.pass(60_000);
  assert.equal(world.room.text, "x".repeat(seconds));
  assert.equal(doc.status, "saved");
});

test("a connection on which others write is found dead as soon when they fall silent with the network", () => {
  const world = new World();
  const doc = joined(world);
  for (let second = 0; second < 60; second += 1) {
    world.write(["x"]);
    world.pass(1000);
  }
  world.network = false;
  world.pass(23_000);
  assert.equal(doc.connection, "connected");
  world.pass(3000);
  assert.notEqual(doc.connection, "connected");
});

test("a connection on which things arrive is never asked", () => {
  const world = new World();
  joined(world);
  for (let second = 0; second < 60; second += 1) {
    world.write(["x"]);
    world.pass(1000);
  }
  assert.equal(world.sent("ping").length, 0);
});

test("a socket that does not open is given up", () => {
  const world = new World();
  world.network = false;
  const doc = world.open();
  world.pass(26_000);
  assert.equal(world.sockets[0].closed, true);
  world.network = true;
  world.pass(40_000);
  assert.equal(doc.connection, "connected");
});

test("without a network nothing is tried until it is back", () => {
  const world = new World();
  const doc = joined(world);
  world.online = false;
  world.cut();
  world.pass(600_000);
  assert.equal(world.sockets.length, 1);
  world.online = true;
  world.wakes.forEach((wake) => wake());
  world.pass(100);
  assert.equal(doc.connection, "connected");
});

test("waking up cuts a wait short", () => {
  const world = new World();
  world.random = () => 1;
  const doc = joined(world);
  for (let tries = 0; tries < 7; tries += 1) {
    world.cut();
    world.pass(tries === 6 ? 100 : 40_000);
  }
  assert.equal(doc.connection, "disconnected");
  world.wakes.forEach((wake) => wake());
  world.pass(100);
  assert.equal(doc.connection, "connected");
});

test("waking up opens no second socket beside one that is opening", () => {
  const world = new World();
  world.open();
  world.wakes.forEach((wake) => wake());
  assert.equal(world.sockets.length, 1);
});

test("when the browser loses the network the server is asked at once", () => {
  const world = new World();
  const doc = joined(world);
  world.network = false;
  world.online = false;
  world.offlines.forEach((tell) => tell());
  world.pass(2500);
  assert.equal(doc.connection, "disconnected");
});

test("a server on this machine is kept though the browser has no network", () => {
  const world = new World();
  const doc = joined(world);
  world.online = false;
  world.offlines.forEach((tell) => tell());
  world.pass(60_000);
  assert.equal(doc.connection, "connected");
});

test("a frame that is not JSON ends the connection, not the document", () => {
  const world = new World();
  const doc = joined(world);
  world.sockets[0].onmessage?.({ data: "<html>" });
  assert.equal(doc.connection, "disconnected");
  world.pass(5000);
  assert.equal(doc.connection, "connected");
});

test("messages of types that are not known are passed over", () => {
  const world = new World();
  const doc = joined(world);
  world.sockets[0].onmessage?.({ data: '{"type":"from_the_future"}' });
  world.write(["x"]);
  world.pass(50);
  assert.equal(doc.text, "x");
});
