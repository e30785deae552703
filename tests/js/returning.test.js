/** A document that comes back after long work without a network: one change, nothing lost, and undo as before. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply, plainText } from "../../static/client/operation.js";
import { Replica } from "../../static/client/replica.js";
import { Random } from "./helpers/random.js";
import { World } from "./helpers/world.js";

/** Let what waits for a promise go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** @param {string} text */
function away(text) {
  const world = new World();
  if (text) world.write([text]);
  const doc = world.open();
  world.pass(100);
  world.network = false;
  world.cut();
  /** @type {any[]} */
  const changes = [];
  doc.on("change", (change) => changes.push({ ...change, text: doc.text }));
  const back = () => {
    changes.length = 0;
    world.network = true;
    world.pass(60_000);
    assert.equal(doc.connection, "connected");
  };
  return { world, doc, changes, back };
}

test("all that others did meanwhile comes as one change", () => {
  const { world, doc, changes, back } = away("0123456789");
  doc.insert(10, "mine");
  for (let place = 8; place >= 0; place -= 2) world.write([place, "a"].filter(Boolean), place % 4 ? "anna" : "zoe");
  const before = doc.text;
  back();
  assert.equal(doc.text, "a01a23a45a67a89mine");
  assert.equal(world.room.text, doc.text);
  assert.equal(changes.length, 1);
  assert.equal(plainText(apply(before, changes[0].operation)), doc.text);
  assert.equal(changes[0].text, doc.text);
  assert.deepEqual([changes[0].origin, changes[0].author], ["remote", "outsider"]);
});

test("edits that arrived before the connection broke are taken off, and the rest meets what came before and after", () => {
  const world = new World();
  world.write(["text"]);
  const doc = world.open();
  world.pass(100);
  doc.insert(4, "1");
  world.pass(15); // it arrives, and the answer is lost
  world.network = false;
  world.cut();
  doc.insert(5, "2");
  world.write(["< "]);
  world.write([3, "_"]);
  world.network = true;
  world.pass(60_000);
  assert.equal(world.room.text, "< t_ext12");
  assert.equal(doc.text, world.room.text);
  assert.equal(doc.pending, 0);
});

test("what was typed behind a word stays behind it, although somebody else has retyped the word", () => {
  for (const client of ["0outsider", "zoutsider"]) {
    const { world, doc, back } = away("In 1990.");
    doc.insert(8, " Yes");
    world.write([7, -1], client);
    world.write([7, "!"], client);
    back();
    assert.equal(world.room.text, "In 1990! Yes", client);
    assert.equal(doc.text, world.room.text);
  }
});

test("own steps are undone after a return among thousands of edits of others", () => {
  const { world, doc, back } = away("base ".repeat(20));
  for (const word of ["one ", "two ", "three "]) {
    doc.insert(doc.text.length, word);
    world.pass(1000);
  }
  const random = new Random(1);
  for (let count = 0; count < 1500; count += 1) {
    world.room.write([random.int(1, 40), random.pick(["x", "y"])], "zoe");
  }
  back();
  const full = doc.text;
  assert.equal(full, world.room.text);
  for (const word of ["three ", "two ", "one "]) {
    assert.ok(doc.text.endsWith(word));
    assert.ok(doc.undo());
  }
  assert.equal(doc.undo(), false);
  while (doc.redo());
  world.pass(60_000);
  assert.equal(doc.text, full);
  assert.equal(world.room.text, full);
});

test("a program that makes a thousand edits at once makes several steps of undo", () => {
  const { doc } = away("text");
  for (let count = 0; count < 1000; count += 1) doc.insert(count % 2 ? doc.text.length : 0, "x");
  let steps = 0;
  while (doc.undo()) steps += 1;
  assert.equal(steps, 4);
  assert.equal(doc.text, "text");
});

test("what carries many edits is loaded by those who come back with edits, once, before the connection goes on", async () => {
  const { world, doc } = away("text");
  const many = await import("../../static/client/many.js");
  let loads = 0;
  /** @type {(module: typeof many) => void} */
  let loaded = () => {};
  world.environment.many = () => {
    loads += 1;
    return new Promise((resolve) => (loaded = resolve));
  };
  world.network = true;
  world.pass(60_000);
  assert.equal(loads, 0, "nothing has been edited");
  assert.equal(doc.connection, "connected");
  doc.insert(0, "mine");
  world.pass(100);
  world.cut();
  world.pass(5000);
  assert.equal(loads, 1);
  assert.notEqual(doc.connection, "connected");
  loaded(many);
  await settled();
  world.pass(100);
  assert.equal(doc.connection, "connected");
});

/** Type as slowly as to make a step of every letter. @param {ReturnType<typeof away>} given @param {string} text */
function typeSlowly({ doc, world }, text) {
  for (const letter of text) {
    doc.insert(doc.text.length, letter);
    world.pass(600);
  }
}

const SENTENCE = "What is typed slowly is sent at once. ".repeat(20);

test("what was typed slowly, letter by letter, is sent as a few runs", () => {
  const given = away("> ");
  const { world, doc, back } = given;
  typeSlowly(given, SENTENCE);
  doc.insert(0, "#");
  world.write([2, "theirs "], "zoe");
  assert.equal(doc.pending, SENTENCE.length + 1);
  back();
  const sent = world.sent("edit");
  assert.ok(sent.length <= 5, `${sent.length} edits`);
  assert.equal(doc.text, `#> ${SENTENCE}theirs `);
  assert.equal(world.room.text, doc.text);
  assert.equal(doc.pending, 0);
});

test("it is undone in larger steps then, and done again", () => {
  const given = away("");
  const { world, doc, back } = given;
  typeSlowly(given, SENTENCE);
  back();
  let steps = 0;
  while (doc.undo()) steps += 1;
  assert.equal(doc.text, "");
  assert.ok(steps >= 2 && steps <= 5, `${steps} steps`);
  while (doc.redo());
  world.pass(1000);
  assert.equal(world.room.text, SENTENCE);
});

test("what was taken back without a network keeps its steps among the runs", () => {
  const given = away("");
  const { world, doc, back } = given;
  typeSlowly(given, SENTENCE.slice(0, 300));
  doc.undo();
  back();
  assert.equal(doc.text, SENTENCE.slice(0, 299));
  assert.equal(doc.redo(), true);
  world.pass(1000);
  assert.equal(world.room.text, SENTENCE.slice(0, 300));
});

test("who waits for the first of the letters waits for its run", async () => {
  const given = away("");
  const { world, doc } = given;
  typeSlowly(given, "a");
  let saved = "";
  doc.whenSaved().then(() => (saved = world.room.text));
  typeSlowly(given, SENTENCE);
  world.network = true;
  world.commits = false;
  world.pass(60_000);
  assert.ok(world.sent("edit").length > 0);
  await settled();
  assert.equal(saved, "");
  world.commits = true;
  world.room.commit();
  world.pass(100);
  await settled();
  assert.match(saved, /^aWhat is typed/);
});

test("where it can't be loaded, edits are carried all the same", async () => {
  const { world, doc } = away("text");
  world.environment.many = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
  for (let count = 0; count < 200; count += 1) {
    doc.edit([count % 4, "m"].filter(Boolean), { undoable: false });
    world.write([world.room.text.length - (count % 4), "t"], "zoe");
  }
  world.network = true;
  world.pass(2000);
  await settled();
  world.pass(60_000);
  assert.equal(doc.pending, 0);
  assert.equal(doc.text, world.room.text);
  assert.equal(doc.text.length, 404);
});

/** @param {number} from @param {any[]} ops */
const events = (from, ops, client = "zoe") =>
  ops.map((op, index) => ({ seq: from + index, type: "edited", client, id: index + 1, at: 0, op }));

test("events up to a gap are told of before the gap is", () => {
  const replica = new Replica("me");
  const taken = replica.integrate([...events(1, [["a"], [1, "b"]]), ...events(4, [["c"]])]);
  assert.deepEqual(taken.next().value?.operation, ["ab"]);
  assert.equal(replica.shown, "ab");
  assert.throws(() => taken.next(), /event 4 came after version 2/);
});

test("with nothing unsent, every stretch of others' events has its own change", () => {
  const replica = new Replica("me");
  replica.edit(["m"]);
  replica.markSent(replica.pending[0]);
  const [first] = events(1, [["a"]]);
  const own = { ...events(2, [[1, "m"]], "me")[0], id: 1 };
  const [last] = events(3, [[2, "z"]]);
  // "me" goes left of "zoe": its prediction was [m] at 0.
  own.op = ["m"];
  const outcomes = [...replica.integrate([first, own, last])];
  assert.deepEqual(outcomes.map(({ own, operation }) => [own, operation]), [
    [false, [1, "a"]],
    [true, []],
    [false, [2, "z"]],
  ]);
  assert.equal(replica.shown, "maz");
});
