/** Unsaved edits that are kept: whenever a page stops, what it kept is in the log once when somebody comes back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { page, pass, settled } from "./helpers/page.js";
import { Random } from "./helpers/random.js";
import { Room } from "./helpers/room.js";
import { World } from "./helpers/world.js";

test("a page that comes back shows what the earlier one had, before there is a connection", async () => {
  const world = new World();
  world.write(["text"]);
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  first.doc.insert(4, " more");
  first.doc.insert(0, "> ");
  assert.equal(first.doc.kept, false);
  await pass(world, 50);
  assert.equal(first.doc.kept, true);
  assert.equal(first.doc.status, "kept");
  first.stop();
  world.write(["others "]);
  const second = page(world, { earlier: first.store });
  await second.doc.whenSynced();
  assert.equal(second.doc.text, "> text more");
  assert.equal(second.doc.client, first.doc.client);
  second.doc.insert(11, "!");
  world.network = true;
  await pass(world, 60_000);
  assert.ok(["others > text more!", "> others text more!"].includes(world.room.text));
  assert.equal(second.doc.text, world.room.text);
  assert.deepEqual(second.reports, [{ total: 2, applied: 2, refused: [] }]);
  assert.deepEqual(second.heard, []);
});

test("a page that comes back undoes what is typed there, and nothing of the page before", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  first.doc.insert(0, "before");
  await pass(world, 50);
  first.stop();
  const { doc } = page(world, { earlier: first.store });
  assert.deepEqual([doc.text, doc.canUndo, doc.undo()], ["before", false, false]);
  doc.insert(6, " after");
  world.network = true;
  await pass(world, 60_000);
  assert.equal(doc.undo(), true);
  await pass(world, 100);
  assert.deepEqual([world.room.text, doc.canUndo], ["before", false]);
});

test("what is typed before the connection is back never takes the number of an edit that was sent after the last write", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  world.commits = false; // taken, and not answered
  first.doc.insert(0, "a");
  await pass(world, 30);
  first.store.stopped = true; // the write of what follows is too late
  first.doc.endUndoGroup();
  first.doc.insert(1, "b");
  await pass(world, 30);
  first.doc.close();
  world.commits = true;
  world.room.commit();
  assert.equal(world.room.text, "ab");
  world.network = false;
  const second = page(world, { earlier: first.store });
  assert.equal(second.doc.text, "a");
  second.doc.insert(1, "c");
  world.network = true;
  await pass(world, 60_000);
  assert.equal(second.doc.text, world.room.text);
  assert.deepEqual([...world.room.text].sort(), ["a", "b", "c"]);
});

test("an edit that grew and was sent after the last write is not typed on, and not doubled", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  first.doc.insert(0, "hel");
  await pass(world, 30);
  first.store.stopped = true;
  first.doc.insert(3, "lo");
  world.network = true;
  await pass(world, 60_000);
  assert.equal(world.room.text, "hello");
  first.doc.close();
  world.network = false;
  const second = page(world, { earlier: first.store });
  second.doc.insert(3, "p");
  world.network = true;
  await pass(world, 60_000);
  assert.equal(second.doc.text, world.room.text);
  assert.deepEqual([...world.room.text].sort(), [..."hellop"].sort());
});

const LETTERS = Array.from({ length: 300 }, (_, index) => String.fromCharCode(0x4e00 + index)).join("");

/** A page without a network, with `LETTERS` typed so slowly that each is a step, and kept. @param {World} world */
async function typedSlowly(world) {
  const it = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  for (const [place, letter] of [...LETTERS].entries()) {
    it.doc.insert(place, letter);
    world.pass(600);
  }
  await pass(world, 100);
  assert.equal(it.doc.kept, true);
  assert.equal(it.doc.pending, LETTERS.length);
  return it;
}

test("letters that were joined when they were sent, after the last write, are neither doubled nor lost", async () => {
  const world = new World();
  const first = await typedSlowly(world);
  first.store.stopped = true;
  world.network = true;
  await pass(world, 5000);
  assert.equal(world.room.text, LETTERS);
  assert.ok(world.sent("edit").length < 5);
  first.doc.close();
  const second = page(world, { earlier: first.store });
  second.doc.insert(second.doc.text.length, "!");
  await pass(world, 60_000);
  assert.equal(world.room.text, `${LETTERS}!`);
  assert.equal(second.doc.text, world.room.text);
  assert.deepEqual(second.reports, [{ total: 300, applied: 300, refused: [] }]);
  assert.deepEqual(second.heard, []);
});

test("of letters that are refused joined, each is counted", async () => {
  const world = new World();
  const first = await typedSlowly(world);
  first.stop();
  world.network = true;
  let edits = 0;
  world.room.refuseIf = () => (edits++ === 0 ? "forbidden" : null);
  const second = page(world, { earlier: first.store });
  await pass(world, 60_000);
  const [{ total, applied, refused }] = second.reports;
  assert.deepEqual([total, applied, refused.length, refused[0].text], [300, 44, 1, LETTERS.slice(0, 256)]);
  assert.equal(world.room.text, LETTERS.slice(256));
});

test("on another document of that name all is given back and nothing merged", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  first.doc.insert(0, "mine");
  await pass(world, 30);
  first.stop();
  world.room.epoch = "another";
  world.network = true;
  const second = page(world, { earlier: first.store });
  await pass(world, 60_000);
  assert.equal(world.room.text, "");
  assert.equal(second.doc.text, "");
  const [{ total, applied, refused }] = second.reports;
  assert.deepEqual([total, applied, refused.map((/** @type {any} */ { code, text }) => [code, text])], [1, 0, [["epoch_changed", "mine"]]]);
  await pass(world, 100);
  assert.equal(second.store.read(), null);
});

test("after the document was loaded anew, what is kept builds on what was loaded", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  first.doc.insert(0, "old");
  await pass(world, 100);
  world.cut();
  world.room = new Room();
  world.room.epoch = "another";
  world.write(["new "]);
  await pass(world, 1000);
  assert.equal(first.doc.text, "new ");
  world.network = false;
  world.cut();
  first.doc.insert(4, "mine");
  await pass(world, 30);
  first.stop();
  assert.equal(page(world, { earlier: first.store }).doc.text, "new mine");
});

test("an edit that is refused on return is reported with its text, and the others are applied", async () => {
  const world = new World();
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  for (const word of ["one ", "two ", "three "]) {
    first.doc.endUndoGroup();
    first.doc.insert(first.doc.text.length, word);
  }
  await pass(world, 30);
  first.stop();
  world.network = true;
  world.room.refuseIf = (edit) => (edit.op.includes("two ") ? "forbidden" : null);
  const second = page(world, { earlier: first.store });
  await pass(world, 60_000);
  assert.equal(world.room.text, "one three ");
  const [{ total, applied, refused }] = second.reports;
  assert.deepEqual([total, applied, refused.length, refused[0].code, refused[0].text], [3, 2, 1, "forbidden", "two "]);
  /** @type {any[]} */
  const late = [];
  second.doc.on("restored", (report) => late.push(report));
  await settled();
  assert.deepEqual(late, second.told);
});

test("kind and title are kept, so that both are known without a network", async () => {
  const world = new World();
  Object.assign(world.room, { kind: "rich", title: "Plan" });
  const first = page(world);
  await pass(world, 100);
  world.network = false;
  world.cut();
  first.doc.insert(0, "x");
  await pass(world, 50);
  first.stop();
  const { doc } = page(world, { earlier: first.store });
  assert.deepEqual([doc.kind, doc.title], ["rich", "Plan"]);
});

for (let seed = 1; seed <= 40; seed += 1) {
  test(`whenever pages stop, all they kept or sent is in the log once (seed ${seed})`, async () => {
    const random = new Random(seed);
    const world = new World();
    world.random = () => random.next();
    if (seed % 2) world.room.limits.in_flight = 2; // so that what waits is joined
    /** @type {ReturnType<typeof page> | null} */
    let now = page(world, { slow: () => random.int(1, 60) });
    let letter = 0x4e00;
    let caret = 0;
    const owed = new Set();
    for (let life = 0; life < 4; life += 1) {
      for (let step = 0; step < 25; step += 1) {
        const kind = random.int(0, 9);
        // A network that goes loses what was under way, and with it the connection.
        if (kind <= 1) world.cut();
        if (kind === 0) world.network = !world.network;
        if (kind === 2) world.write([random.int(0, world.room.text.length), "x"].filter(Boolean), random.pick(["anna", "zoe"]));
        if (kind === 3) now.doc.endUndoGroup();
        if (kind >= 4 && now.doc.editable) {
          const { length } = now.doc.text;
          caret = random.chance(0.7) ? Math.min(caret + 1, length) : random.int(0, length);
          now.doc.insert(caret, String.fromCharCode(letter));
          letter += 1;
        }
        await pass(world, 10 * random.int(0, 8));
      }
      now.store.stopped = true;
      for (const { op } of now.store.edits.values()) {
        for (const part of op) if (typeof part === "string") for (const char of part) owed.add(char);
      }
      now.doc.close();
      now = page(world, { earlier: now.store, slow: () => random.int(1, 60) });
    }
    world.cut();
    world.network = true;
    await pass(world, 100_000);
    assert.equal(now.doc.text, world.room.text);
    assert.equal(now.doc.pending, 0);
    const own = [...world.room.text].filter((char) => char !== "x");
    assert.equal(new Set(own).size, own.length, "nothing is there twice");
    for (const char of owed) assert.ok(own.includes(char), `${char} is not lost`);
    assert.deepEqual(now.heard.filter(({ reason }) => reason !== "prediction"), []);
    now.stop();
  });
}
