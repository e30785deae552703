/** Who is here, and where: what is told, and where the carets of others stand. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Carets } from "../../static/client/carets.js";
import { World } from "./helpers/world.js";

/** @param {World} world @param {string} [name] */
function joined(world, name = "Ana") {
  const doc = world.open({ user: { name, color: "#123456" } });
  world.pass(200);
  return doc;
}

test("others see who is here, by name and colour, and nobody sees themselves", () => {
  const world = new World();
  const [ana, bo] = [joined(world, "Ana"), joined(world, "Bo")];
  assert.deepEqual(ana.presence.others.map(({ user }) => user.name), ["Bo"]);
  assert.deepEqual(bo.presence.others.map(({ user }) => user), [{ name: "Ana", color: "#123456" }]);
  world.sockets[0].onmessage?.({
    data: JSON.stringify({ type: "presence", seq: 0, peers: [{ client: ana.client, author: "x", cursor: null }] }),
  });
  assert.deepEqual(ana.presence.others.map(({ user }) => user.name), ["Bo"]);
});

test("a caret is told, and moves with the text from then on", () => {
  const world = new World();
  world.write(["hello world"]);
  const [ana, bo] = [joined(world), joined(world)];
  ana.presence.set({ anchor: 6, head: 11 });
  world.pass(100);
  world.write([1, "xx"]);
  world.pass(100);
  assert.deepEqual(bo.presence.others[0].cursor, { anchor: 8, head: 13 });
  world.write([2, -4]);
  world.pass(100);
  assert.deepEqual(bo.presence.others[0].cursor, { anchor: 4, head: 9 });
});

test("carets of others stand right among one's own edits that are not saved", () => {
  const world = new World();
  world.write(["hello world"]);
  const [ana, bo] = [joined(world), joined(world)];
  ana.presence.set({ anchor: 6, head: 6 });
  world.pass(100);
  world.commits = false;
  bo.insert(0, ">> ");
  assert.deepEqual(bo.presence.others[0].cursor, { anchor: 9, head: 9 });
});

test("a caret among own edits under way is told with the last of them", () => {
  const world = new World();
  const ana = joined(world);
  world.commits = false;
  ana.edit(["a"], { undoable: false });
  ana.edit([1, "b"], { undoable: false });
  ana.presence.set({ anchor: 2, head: 2 });
  world.pass(200);
  assert.deepEqual(world.sent("presence").at(-1), { type: "presence", base: 0, after: 2, cursor: { anchor: 2, head: 2 } });
  world.room.commit();
  world.pass(200);
  ana.presence.set({ anchor: 0, head: 0 });
  assert.deepEqual(world.sent("presence").at(-1), { type: "presence", base: 2, after: 0, cursor: { anchor: 0, head: 0 } });
});

test("no caret is told before the edits that it stands on have been sent", () => {
  const world = new World();
  world.room.limits.in_flight = 1;
  const ana = joined(world);
  world.commits = false;
  ana.edit(["a"], { undoable: false });
  ana.edit(["b"], { undoable: false });
  ana.presence.set({ anchor: 2, head: 2 });
  world.pass(500);
  assert.deepEqual(world.sent("presence"), []);
  world.room.commit();
  world.pass(500);
  assert.equal(world.sent("presence").length, 1);
});

test("one's own caret is carried along until it is told", () => {
  const world = new World();
  world.write(["abc"]);
  const ana = joined(world);
  ana.presence.set({ anchor: 0, head: 3 });
  world.pass(200);
  ana.presence.set({ anchor: 1, head: 1 });
  ana.presence.set({ anchor: 2, head: 2 }); // has to wait for the pause
  ana.insert(0, "xx");
  world.pass(200);
  assert.deepEqual(world.sent("presence").at(-1).cursor, { anchor: 4, head: 4 });
});

test("carets are told ten times a second at most, and the last one counts", () => {
  const world = new World();
  world.write(["abcdefghijklmnopqrstuvwxyz"]);
  const ana = joined(world);
  for (let place = 0; place <= 20; place += 1) {
    ana.presence.set({ anchor: place, head: place });
    world.pass(10);
  }
  world.pass(200);
  const told = world.sent("presence");
  assert.ok(told.length >= 2 && told.length <= 4, `${told.length} messages`);
  assert.equal(told.at(-1).cursor.head, 20);
});

test("a caret that stays where it is is told once", () => {
  const world = new World();
  const ana = joined(world);
  for (let count = 0; count < 5; count += 1) {
    ana.presence.set({ anchor: 0, head: 0 });
    world.pass(200);
  }
  assert.equal(world.sent("presence").length, 1);
});

test("a new name is told at once, without moving the caret", () => {
  const world = new World();
  const [ana, bo] = [joined(world), joined(world)];
  ana.presence.set({ anchor: 0, head: 0 });
  world.pass(200);
  ana.presence.setUser({ name: "Anna", color: "#654321" });
  world.pass(200);
  assert.deepEqual(bo.presence.others[0].user, { name: "Anna", color: "#654321" });
  assert.deepEqual(bo.presence.others[0].cursor, { anchor: 0, head: 0 });
});

test("after a break the caret is told again, and the others are those who are there then", () => {
  const world = new World();
  const [ana, bo] = [joined(world), joined(world, "Bo")];
  ana.presence.set({ anchor: 0, head: 0 });
  world.pass(200);
  world.network = false;
  world.cut();
  assert.equal(ana.presence.others.length, 0);
  bo.close();
  world.network = true;
  const cy = joined(world, "Cy");
  world.pass(5000);
  assert.deepEqual(ana.presence.others.map(({ user }) => user.name), ["Cy"]);
  assert.deepEqual(cy.presence.others.map(({ cursor }) => cursor), [{ anchor: 0, head: 0 }]);
});

test("who leaves is gone", () => {
  const world = new World();
  const [ana, bo] = [joined(world), joined(world)];
  bo.close();
  world.room.commit();
  world.pass(100);
  assert.equal(ana.presence.others.length, 0);
});

test("a caret keeps to what its owner has typed, on the side where that stands", () => {
  const carets = new Carets();
  for (const client of ["aaaa", "mmmm", "zzzz"]) carets.update([{ client, author: client, cursor: { anchor: 1, head: 1 } }]);
  carets.carry([1, "typed"], "mmmm");
  const heads = Object.fromEntries(carets.shown([], "other").map(({ client, cursor }) => [client, cursor?.head]));
  // Its owner's own letters push it; those of a smaller id come to stand left of it, those of a larger id right.
  assert.deepEqual(heads, { aaaa: 1, mmmm: 6, zzzz: 6 });
});
