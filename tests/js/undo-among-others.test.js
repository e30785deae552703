/** Undo of one's own edits among those of others: what comes back and where, and what is left alone. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { normalize } from "../../static/client/operation.js";
import { Random } from "./helpers/random.js";
import { opened, step } from "./helpers/steps.js";

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
