/** What is written of unsaved edits, and what becomes of them while nothing can be written. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { page, pass, settled } from "./helpers/page.js";
import { World } from "./helpers/world.js";

test("when storage fails that is said once, and when it works again all is kept, with no row left of before", async () => {
  const world = new World();
  const { doc, store, stop } = page(world);
  /** @type {any[]} */
  const problems = [];
  /** @type {string[]} */
  const statuses = [];
  doc.on("offline-unavailable", (problem) => problems.push(problem));
  await pass(world, 100);
  world.network = false;
  world.cut();
  doc.on("status", (status) => statuses.push(status));
  await settled();
  doc.insert(0, "kept ");
  await pass(world, 1000);
  doc.insert(5, "typo");
  await pass(world, 50);
  assert.equal(store.edits.size, 2);
  store.failure = Object.assign(new Error("no room"), { name: "QuotaExceededError" });
  doc.delete(5, 4);
  for (const word of ["one ", "two "]) {
    doc.endUndoGroup();
    doc.insert(doc.text.length, word);
    await pass(world, 5000);
  }
  assert.deepEqual(problems, [{ code: "storage_full", reason: "no room" }]);
  assert.deepEqual([doc.kept, doc.status], [false, "unsaved"]);
  store.failure = null;
  await pass(world, 60_000);
  assert.deepEqual([doc.kept, doc.status], [true, "kept"]);
  assert.equal(store.edits.size, 3);
  assert.deepEqual(statuses, ["connecting", "kept", "unsaved", "kept"]);
  stop();
  assert.equal(page(world, { earlier: store }).doc.text, "kept one two ");
});

test("storage that fails is asked again after a while, and less and less often", async () => {
  const world = new World();
  world.random = () => 1;
  const { doc, store, stop } = page(world);
  await pass(world, 100);
  let tries = 0;
  const write = store.write.bind(store);
  store.write = (writing) => {
    tries += 1;
    return write(writing);
  };
  store.failure = new Error("broken");
  world.network = false;
  world.cut();
  for (let second = 0; second < 60; second += 1) {
    doc.endUndoGroup();
    doc.insert(0, "x");
    await pass(world, 1000);
  }
  assert.ok(tries >= 6 && tries <= 8, `${tries} tries in a minute`);
  store.failure = null;
  await pass(world, 30_000);
  stop();
  assert.equal(page(world, { earlier: store }).doc.text, "x".repeat(60));
});

test("a letter typed writes one row, and the content is not written again for it", async () => {
  const world = new World();
  world.write(["x".repeat(100_000)]);
  const { doc, store } = page(world);
  await pass(world, 100);
  for (let count = 0; count < 50; count += 1) {
    doc.endUndoGroup();
    doc.insert(0, "y");
    await pass(world, 50);
  }
  assert.equal(doc.pending, 0);
  assert.equal(store.contents, 1);
  world.write(["z".repeat(70_000)]);
  await pass(world, 50);
  doc.insert(0, "y");
  await pass(world, 50);
  assert.equal(store.contents, 2);
});
