/** Undo of one's own edits: what a step is, and what takes it back and does it again. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager } from "../../static/client/index.js";
import { Random } from "./helpers/random.js";
import { opened, step } from "./helpers/steps.js";

test("undo takes back one's own edit, redo does it again", () => {
  const given = opened("abc");
  const { doc, world } = given;
  step(given, [3, "def"]);
  assert.equal(doc.undo(), true);
  assert.equal(doc.text, "abc");
  assert.equal(doc.redo(), true);
  assert.equal(doc.text, "abcdef");
  world.pass(100);
  assert.equal(world.room.text, "abcdef");
  assert.equal(doc.redo(), false);
});

test("an undo made before the edit is in the log waits for nothing", () => {
  const { doc, world } = opened("abc");
  world.network = false;
  doc.insert(3, "def");
  doc.undo();
  assert.equal(doc.text, "abc");
  doc.redo();
  assert.equal(doc.text, "abcdef");
  world.cut();
  world.network = true;
  world.pass(5000);
  assert.equal(world.room.text, "abcdef");
  assert.equal(doc.undo(), true);
  world.pass(100);
  assert.equal(world.room.text, "abc");
});

test("a deletion undone and a typing undone leave nothing behind", () => {
  const given = opened("");
  const { doc } = given;
  step(given, ["abc"]);
  step(given, [1, -1]);
  doc.undo();
  assert.equal(doc.text, "abc");
  doc.undo();
  assert.equal(doc.text, "");
});

test("so they do without a network", () => {
  const given = opened("");
  const { doc, world } = given;
  world.online = false;
  world.cut();
  step(given, ["abc"]);
  step(given, [1, -1]);
  doc.undo();
  doc.undo();
  assert.equal(doc.text, "");
  doc.redo();
  doc.redo();
  assert.equal(doc.text, "ac");
});

test("edits within half a second are one step, a pause makes another", () => {
  const { doc, world } = opened("");
  for (const [place, letter] of [..."hello"].entries()) {
    doc.insert(place, letter);
    world.pass(200);
  }
  world.pass(600);
  doc.insert(5, "!");
  doc.undo();
  assert.equal(doc.text, "hello");
  doc.undo();
  assert.equal(doc.text, "");
});

test("a step can be ended by hand", () => {
  const { doc } = opened("");
  doc.insert(0, "a");
  doc.endUndoGroup();
  doc.insert(1, "b");
  doc.undo();
  assert.equal(doc.text, "a");
});

test("steps made without a network stay steps, though each is sent as one edit", () => {
  const given = opened("");
  const { doc, world } = given;
  world.online = false;
  world.cut();
  step(given, ["a"]);
  step(given, [1, "b"]);
  doc.insert(2, "c");
  doc.insert(3, "d");
  assert.equal(doc.pending, 3);
  doc.undo();
  assert.equal(doc.text, "ab");
});

test("a new edit ends what could be redone", () => {
  const given = opened("");
  const { doc } = given;
  step(given, ["a"]);
  doc.undo();
  step(given, ["b"]);
  assert.equal(doc.canRedo, false);
  assert.equal(doc.redo(), false);
});

test("an edit that was refused is not undone", () => {
  const given = opened("abc");
  const { doc, world } = given;
  step(given, [3, "def"]);
  world.room.refuseIf = () => "forbidden";
  step(given, [6, "ghi"]);
  world.room.refuseIf = () => null;
  assert.equal(doc.text, "abcdef");
  doc.undo();
  assert.equal(doc.text, "abc");
});

test("an undo that was refused can be tried again", () => {
  const given = opened("abc");
  const { doc, world } = given;
  step(given, [3, "def"]);
  world.room.refuseIf = () => "forbidden";
  doc.undo();
  world.pass(100);
  assert.equal(doc.text, "abcdef");
  world.room.refuseIf = () => null;
  doc.undo();
  world.pass(100);
  assert.equal(world.room.text, "abc");
});

test("edits made to be left out are left out", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["mine"]);
  doc.edit(["auto "], { undoable: false });
  world.pass(1000);
  doc.undo();
  assert.equal(doc.text, "auto ");
  assert.equal(doc.undo(), false);
});

test("a large deletion comes back whole, in parts", () => {
  const { doc, world } = opened("0123456789".repeat(5));
  world.room.limits.operation = 8;
  world.cut();
  world.pass(5000);
  doc.delete(5, 40);
  world.pass(1000);
  doc.undo();
  world.pass(1000);
  assert.equal(world.room.text, "0123456789".repeat(5));
  doc.redo();
  world.pass(1000);
  assert.equal(world.room.text, "0123456789");
});

test("under a large deletion that came back in parts, what was typed before can be undone", () => {
  const { doc, world } = opened("");
  world.room.limits.operation = 8;
  world.cut();
  world.pass(5000);
  doc.insert(0, "0123456789".repeat(4));
  world.pass(1000);
  doc.delete(3, 30);
  world.pass(1000);
  const steps = [doc.text];
  while (doc.undo()) steps.push(doc.text);
  assert.deepEqual(steps, ["0123456789".repeat(4).slice(0, 3) + "3456789", "0123456789".repeat(4), ""]);
  world.pass(3000);
  assert.equal(world.room.text, "");
  while (doc.redo());
  world.pass(3000);
  assert.equal(world.room.text, steps[0]);
});

test("an undo that was stored as something else leaves the steps below in order", () => {
  const manager = new UndoManager({ client: "mmmmmmmm", clock: () => 0 });
  manager.edited(1, ["abc"], "", false);
  manager.logged(1, ["abc"], "", true);
  manager.edited(2, [1, -1], "abc", false);
  manager.logged(2, [1, -1], "abc", true);
  const group = manager.top("undo", () => []);
  assert.deepEqual(group?.op, [1, "b"]);
  manager.undone(3, { kind: "undo", group: group?.number ?? 0, last: true }, [1, "b"], "ac");
  manager.logged(3, [], "ac", false);
  assert.deepEqual(manager.top("undo", () => [])?.op, [-2]);
});

test("edits left out are left out before they are in the log, too", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["mine"]);
  world.online = false;
  world.cut();
  doc.edit(["auto "], { undoable: false });
  doc.undo();
  assert.equal(doc.text, "auto ");
});

test("undoing everything while nobody else writes gives the first text, at any point of the journey", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new Random(seed);
    const { doc, world } = opened("start 😀");
    const why = `seed ${seed}`;
    for (let round = 0; round < 12; round += 1) {
      const chance = random.next();
      if (chance < 0.65) doc.edit(random.keystroke(doc.content));
      else if (chance < 0.85) doc.undo();
      else doc.redo();
      if (random.chance(0.5)) world.pass(random.pick([5, 50, 700]));
      if (random.chance(0.05)) world.cut();
    }
    const end = doc.text;
    let steps = 0;
    while (doc.undo()) steps += 1;
    assert.equal(doc.text, "start 😀", why);
    for (; steps > 0; steps -= 1) assert.equal(doc.redo(), true, why);
    assert.equal(doc.text, end, why);
    world.pass(60_000);
    assert.equal(world.room.text, end, why);
  }
});
