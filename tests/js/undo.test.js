/** Undo of one's own edits: what it takes back, and above all what it leaves alone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { UndoManager } from "../../static/client/index.js";
import { normalize } from "../../static/client/operation.js";
import { Random } from "./helpers/random.js";
import { World } from "./helpers/world.js";

/** @param {string} text */
function opened(text) {
  const world = new World();
  if (text) world.write([text]);
  const doc = world.open();
  world.pass(100);
  return { world, doc };
}

/** Type so that each call is a step of undo. @param {ReturnType<typeof opened>} given @param {any[]} op */
function step({ world, doc }, op) {
  doc.edit(op);
  world.pass(1000);
}

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

test("undo leaves what others wrote", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["mine"]);
  world.write([2, "THEIRS"]);
  world.write(["x"]);
  world.pass(100);
  doc.undo();
  assert.equal(doc.text, "xTHEIRS");
  assert.equal(doc.undo(), false);
});

test("steps come back in the order in which they went, whatever others do meanwhile", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["one "]);
  world.write([4, "|"]);
  world.pass(100);
  step(given, [4, "two "]);
  world.write([">"]);
  world.pass(100);
  step(given, [9, "three "]);
  world.write([11, "<"]);
  world.pass(100);
  const down = [doc.text];
  while (doc.undo()) down.push(doc.text);
  assert.deepEqual(down, [">one two th<ree |", ">one two <|", ">one <|", "><|"]);
  const up = [doc.text];
  while (doc.redo()) up.push(doc.text);
  assert.deepEqual(up.reverse(), down);
});

test("undoing a deletion does not bring back what another had deleted too", () => {
  const { doc, world } = opened("abcde");
  world.write([2, -1], "zzzzzzzz"); // deletes c; our deletion of bcd is made before we hear of it
  doc.delete(1, 3);
  world.pass(1000);
  assert.equal(doc.text, "ae");
  doc.undo();
  assert.equal(doc.text, "abde");
});

for (const [client, back] of [["0outsider", "aXbcde"], ["zoutsider", "abcdXe"]]) {
  test(`deleted text comes back in one piece beside what was written in its place (${client})`, () => {
    const { doc, world } = opened("abcde");
    doc.delete(1, 3);
    world.pass(1000);
    world.write([1, "X"], client);
    world.pass(100);
    doc.undo();
    world.pass(100);
    assert.deepEqual([doc.text, world.room.text], [back, back]);
    doc.redo();
    assert.equal(doc.text, "aXe");
  });

  test(`it comes back around what was in the log before it was deleted (${client})`, () => {
    for (const [place, back] of /** @type {[number, string][]} */ ([[1, "aXbcde"], [2, "abXcde"], [4, "abcdXe"]])) {
      const { doc, world } = opened("abcde");
      doc.delete(1, 3);
      world.write([place, "X"], client); // made at once, and first in the log
      world.pass(1000);
      assert.equal(doc.text, "aXe");
      doc.undo();
      assert.equal(doc.text, back);
    }
  });
}

test("text of one's own of which another has deleted a part is done again without that part", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["abc"]);
  world.write([1, -1]);
  world.pass(100);
  doc.undo();
  assert.equal(doc.text, "");
  doc.redo();
  assert.equal(doc.text, "ac");
});

test("a word that another has replaced stays replaced when one's own word is undone", () => {
  const given = opened("the end");
  const { doc, world } = given;
  step(given, [4, "very "]);
  world.write([4, -4, "bitter"]);
  world.pass(100);
  assert.equal(doc.text, "the bitter end");
  doc.undo();
  assert.equal(doc.text, "the bitterend");
});

test("steps from before a broken connection are undone after it, and those made without it", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["one "]);
  world.network = false;
  world.cut();
  step(given, [4, "two "]);
  world.write(["> "]);
  world.network = true;
  world.pass(60_000);
  step(given, [10, "three"]);
  const texts = [];
  while (doc.undo()) texts.push(doc.text);
  assert.deepEqual(texts, ["> one two ", "> one ", "> "]);
  world.pass(100);
  assert.equal(world.room.text, "> ");
  while (doc.redo());
  world.pass(100);
  assert.equal(world.room.text, "> one two three");
});

test("a document that is loaded anew has nothing to undo", () => {
  const given = opened("");
  const { doc, world } = given;
  step(given, ["mine"]);
  world.room.epoch = "another";
  world.cut();
  world.pass(5000);
  assert.deepEqual([doc.text, doc.canUndo, doc.undo()], ["mine", false, false]);
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

test("a step of which others have left nothing is passed over", () => {
  const given = opened("keep");
  const { doc, world } = given;
  step(given, ["a"]);
  step(given, [5, "b"]);
  world.write([5, -1]);
  world.pass(100);
  doc.undo();
  assert.equal(doc.text, "keep");
});

test("with attributes, formatting that others did later is not undone", () => {
  const given = opened("abc");
  const { doc, world } = given;
  step(given, [{ retain: 3, attributes: { bold: true } }]);
  world.write([{ retain: 1, attributes: { bold: "theirs" } }], "zzzzzzzz");
  world.pass(100);
  doc.undo();
  assert.deepEqual(doc.content, [{ insert: "a", attributes: { bold: "theirs" } }, "bc"]);
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

test("undo among people who write keeps everything that only others wrote", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const random = new Random(seed);
    const { doc, world } = opened("base");
    const why = `seed ${seed}`;
    for (let round = 0; round < 15; round += 1) {
      const chance = random.next();
      if (chance < 0.4) doc.insert(random.int(0, doc.text.length), random.pick(["a", "b"]));
      else if (chance < 0.6) world.write(normalize([random.int(0, world.room.text.length), random.pick(["X", "Y"])]), "zzzz0000");
      else if (chance < 0.8) doc.undo();
      else doc.redo();
      if (random.chance(0.6)) world.pass(random.pick([5, 15, 700]));
      if (random.chance(0.05)) world.cut();
    }
    world.pass(60_000);
    while (doc.undo());
    world.pass(60_000);
    const theirs = world.room.log.filter(({ client }) => client === "zzzz0000").length - 1;
    assert.equal(world.room.text.replace(/[ab]/g, "").replace("base", "").length >= theirs, true, why);
    assert.equal(world.room.text.replace(/[XY]/g, ""), "base", why);
    assert.equal(doc.text, world.room.text, why);
  }
});
