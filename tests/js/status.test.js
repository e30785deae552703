/** What a document says of one's own work, and who it says one is. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inNewWorld } from "./helpers/joined.js";

/** Let what waits for a promise go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the status goes by the work that is outstanding, not by the connection alone", () => {
  const { world, doc } = inNewWorld();
  /** @type {string[]} */
  const heard = [doc.status];
  doc.addEventListener("status", (event) => heard.push(/** @type {CustomEvent} */ (event).detail));
  doc.insert(0, "x");
  world.pass(100);
  world.network = false;
  world.cut();
  doc.insert(0, "y");
  world.network = true;
  world.pass(60_000);
  assert.deepEqual(heard, ["saved", "saving", "saved", "connecting", "unsaved", "saving", "saved"]);
});

test("who asks for the status late is told the present one, and once unsubscribed nothing", async () => {
  const { world, doc } = inNewWorld();
  /** @type {string[]} */
  const heard = [];
  const off = doc.on("status", (status) => heard.push(status));
  assert.equal(heard.length, 0);
  await settled();
  assert.deepEqual(heard, ["saved"]);
  off();
  const never = doc.on("status", (status) => heard.push(`never ${status}`));
  never();
  doc.insert(0, "x");
  world.pass(100);
  await settled();
  assert.deepEqual(heard, ["saved"]);
});

test("who asks just before it changes is told that once", async () => {
  const { doc } = inNewWorld();
  /** @type {string[]} */
  const heard = [];
  doc.on("status", (status) => heard.push(status));
  doc.insert(0, "x");
  await settled();
  assert.deepEqual(heard, ["saving"]);
});

test("after the end with nothing outstanding all is saved, and with something it is not", () => {
  for (const [text, status] of [["", "saved"], ["x", "unsaved"]]) {
    const { world, doc } = inNewWorld();
    world.network = false;
    if (text) doc.insert(0, text);
    world.cut(4403);
    assert.equal(doc.status, status);
  }
});

test("a token goes out with each hello, and a function is asked anew each time", async () => {
  let count = 0;
  const { world } = inNewWorld({ token: () => `token ${++count}` });
  await settled();
  world.pass(100);
  world.cut();
  world.pass(60_000);
  await settled();
  assert.deepEqual(world.sent("hello").map(({ token }) => token), ["token 1", "token 2"]);
  const fixed = inNewWorld({ token: "fixed" });
  assert.deepEqual(fixed.world.sent("hello").map(({ token }) => token), ["fixed"]);
  assert.ok(!("token" in inNewWorld().world.sent("hello")[0]));
});

test("a token that comes after the connection has broken is not used", async () => {
  /** @type {((token: string) => void)[]} */
  const answers = [];
  const { world, doc } = inNewWorld({ token: () => new Promise((resolve) => answers.push(resolve)) });
  world.cut();
  world.pass(60_000);
  assert.equal(answers.length, world.sockets.length);
  answers.forEach((answer, index) => answer(`token ${index}`));
  await settled();
  world.pass(100);
  assert.deepEqual(world.sent("hello").map(({ token }) => token), [`token ${answers.length - 1}`]);
  assert.equal(doc.connection, "connected");
});

test("a token that can't be had is told of and asked for again, as after any break", async () => {
  let fails = true;
  const { world, doc } = inNewWorld({
    token: async () => {
      if (fails) throw new Error("signed out");
      return "fine";
    },
  });
  /** @type {any[]} */
  const heard = [];
  doc.on("retry", (retry) => heard.push(retry));
  await settled();
  assert.deepEqual(heard, [{ code: "token_failed", reason: "Error: signed out" }]);
  assert.equal(doc.connection, "disconnected");
  fails = false;
  world.pass(1000);
  await settled();
  world.pass(100);
  assert.equal(doc.connection, "connected");
});

test("a try that falls due without a network is left until that is back", () => {
  const { world, doc } = inNewWorld();
  world.random = () => 1;
  world.cut();
  world.online = false;
  world.pass(600_000);
  assert.equal(world.sockets.length, 1);
  world.online = true;
  world.wakes.forEach((wake) => wake());
  world.pass(100);
  assert.equal(doc.connection, "connected");
});
