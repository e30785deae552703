/** How edits are sent: in which parts, how many at once, and how fast. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, recorded } from "./helpers/joined.js";
import { World } from "./helpers/world.js";

test("a text longer than the server takes at once becomes several edits and arrives whole", () => {
  const world = new World();
  world.room.limits.operation = 10;
  const doc = joined(world);
  const text = "😀".repeat(23) + "end";
  doc.insert(0, text);
  world.pass(200);
  assert.equal(world.room.text, text);
  const edits = world.sent("edit");
  assert.ok(edits.length > 4);
  for (const { op } of edits) assert.ok(String(op.at(-1)).length <= 10);
  assert.equal(doc.undo(), true);
  world.pass(200);
  assert.equal(world.room.text, "");
});

test("what waits to be sent is one edit as long as it is one run", () => {
  const world = new World();
  const doc = joined(world);
  world.cut();
  for (const [index, letter] of [..."hello"].entries()) doc.insert(index, letter);
  assert.equal(doc.pending, 1);
  world.pass(5000);
  assert.deepEqual(world.sent("edit").map(({ op }) => op), [["hello"]]);
});

test("runs that wait never grow past what the server takes", () => {
  const world = new World();
  world.room.limits.operation = 4;
  const doc = joined(world);
  world.cut();
  for (let index = 0; index < 9; index += 1) doc.insert(index, "x");
  world.pass(5000);
  for (const { op } of world.sent("edit")) assert.ok(op.at(-1).length <= 4);
  assert.equal(world.room.text, "x".repeat(9));
});

test("edits are paced so that none is refused for being fast", () => {
  const world = new World();
  world.room.limits.edits_per_second = 10;
  world.room.limits.edit_burst = 20;
  world.latency = 0;
  let tokens = 20;
  let at = 0;
  world.room.refuseIf = () => {
    tokens = Math.min(20, tokens + ((world.time - at) * 10) / 1000);
    at = world.time;
    if (tokens < 1) return "too_fast";
    tokens -= 1;
    return null;
  };
  const doc = joined(world);
  const heard = recorded(doc);
  for (let round = 0; round < 300; round += 1) {
    doc.edit([`${round % 10}`], { undoable: false }); // at the start: never one run
    world.pass(5);
  }
  world.pass(60_000);
  assert.equal(doc.pending, 0);
  assert.equal(world.room.text.length, 300);
  assert.deepEqual(heard.filter(([name]) => name === "refused"), []);
});

test("no more edits are under way than the server allows", () => {
  const world = new World();
  world.room.limits.in_flight = 3;
  const doc = joined(world);
  for (let round = 0; round < 10; round += 1) doc.edit(["x"], { undoable: false });
  assert.equal(world.sent("edit").length, 3);
  world.pass(500);
  assert.equal(world.room.text.length, 10);
});
