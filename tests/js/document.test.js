/** A document over a network that delays, breaks and comes back, in a world where time is told to pass. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, recorded } from "./helpers/joined.js";
import { World } from "./helpers/world.js";

test("the address of the server becomes that of the document's socket", () => {
  const world = new World();
  joined(world, { document: "a~b" });
  assert.equal(world.sockets[0].url, "ws://server.test/ws/documents/a~b");
  assert.equal(world.sockets[0].protocol, "collab.v1");
});

test("what the document held is there once it is synced", async () => {
  const world = new World();
  world.write(["hello world"]);
  const doc = world.open();
  assert.throws(() => doc.insert(0, "x"), { code: "not_synced" });
  assert.equal(doc.editable, false);
  world.pass(100);
  await doc.whenSynced();
  assert.equal(doc.text, "hello world");
  assert.equal(doc.version, 1);
  assert.equal(doc.editable, true);
});

test("two people see each other's edits", () => {
  const world = new World();
  const [a, b] = [joined(world), joined(world)];
  a.insert(0, "hello");
  world.pass(50);
  b.insert(5, " world");
  a.insert(0, "Oh, ");
  world.pass(50);
  assert.equal(a.text, "Oh, hello world");
  assert.equal(b.text, a.text);
});

test("an edit is shown at once, and saved only when its own event has come back", async () => {
  const world = new World();
  world.commits = false;
  const doc = joined(world);
  const heard = recorded(doc);
  doc.insert(0, "x");
  assert.equal(doc.text, "x");
  assert.equal(doc.confirmedText, "");
  let saved = false;
  const promise = doc.whenSaved().then(() => (saved = true));
  world.pass(1000);
  await Promise.resolve();
  assert.equal(saved, false);
  assert.deepEqual(heard.splice(0), [["status", "saving"], ["pending", 1]]);
  world.room.commit();
  world.pass(100);
  await promise;
  assert.deepEqual(heard, [["status", "saved"], ["pending", 0], ["saved", { version: 1 }]]);
  assert.equal(doc.confirmedText, "x");
});

test("a change says where it came from", () => {
  const world = new World();
  const doc = joined(world);
  /** @type {any[]} */
  const changes = [];
  doc.on("change", (change) => changes.push(change));
  doc.insert(0, "me");
  world.pass(100);
  world.write(["you "]);
  world.pass(100);
  assert.deepEqual(changes, [
    { version: 0, operation: ["me"], origin: "local", author: doc.author },
    { version: 2, operation: ["you "], origin: "remote", author: "outsider" },
  ]);
});

test("on() gives a way to hear no more", () => {
  const world = new World();
  const doc = joined(world);
  let count = 0;
  const off = doc.on("change", () => (count += 1));
  doc.insert(0, "a");
  off();
  doc.insert(0, "b");
  assert.equal(count, 1);
});

test("nothing is sent before the events up to the welcome are taken in", () => {
  const world = new World();
  world.write(["abc"]);
  const doc = joined(world);
  world.network = false;
  doc.insert(0, "mine ");
  world.cut();
  for (let count = 0; count < 9; count += 1) world.write([`${count}`]);
  world.network = true;
  world.pass(5000);
  const socket = world.sockets.at(-1);
  const edit = socket?.sent.find(({ type }) => type === "edit");
  assert.equal(edit.base, 10);
  assert.equal(doc.text, world.room.text);
});

test("what was typed without a network is sent when it is back, and nothing twice", () => {
  const world = new World();
  const doc = joined(world);
  doc.insert(0, "one ");
  world.pass(15); // it arrives, and the answer is lost
  world.cut();
  doc.insert(4, "two ");
  world.pass(60_000);
  assert.equal(doc.connection, "connected");
  assert.equal(world.room.text, "one two ");
  assert.equal(doc.pending, 0);
  assert.deepEqual(world.sockets.at(-1)?.sent[0].since, 0);
});

test("a commit that failed loses nothing", () => {
  const world = new World();
  world.commits = false;
  const doc = joined(world);
  const heard = recorded(doc);
  doc.insert(0, "kept");
  world.pass(50);
  world.room.fail();
  world.pass(50);
  assert.ok(heard.some(([name, value]) => name === "retry" && value.code === "store_full"));
  assert.equal(doc.connection, "disconnected");
  world.commits = true;
  world.pass(5000);
  assert.equal(world.room.text, "kept");
  assert.equal(doc.pending, 0);
});

test("one refused edit costs one edit, and its text comes back to the user", async () => {
  const world = new World();
  const doc = joined(world);
  const heard = recorded(doc);
  world.room.refuseIf = ({ op }) => (JSON.stringify(op).includes("bad") ? "document_too_large" : null);
  doc.insert(0, "good ");
  doc.edit([5, "bad "], { undoable: false });
  doc.edit([9, "fine"], { undoable: false });
  const saved = doc.whenSaved();
  world.pass(200);
  assert.equal(doc.text, "good fine");
  assert.equal(world.room.text, "good fine");
  const [, refusal] = heard.find(([name]) => name === "refused");
  assert.equal(refusal.code, "document_too_large");
  assert.equal(refusal.text, "bad ");
  await assert.rejects(saved, { code: "document_too_large" });
});

test("with another epoch the state is thrown away and pending text goes back to the user", () => {
  const world = new World();
  world.write(["old text"]);
  const doc = joined(world);
  const heard = recorded(doc);
  doc.insert(0, "saved ");
  world.pass(100);
  world.network = false;
  doc.edit(["mine "], { undoable: false });
  world.cut();
  world.room = Object.assign(world.room, { epoch: "epoch-2", log: [], states: [""], committed: 0 });
  world.write(["new text"]);
  world.network = true;
  world.pass(5000);
  assert.equal(doc.text, "new text");
  assert.equal(doc.pending, 0);
  const refusals = heard.filter(([name]) => name === "refused").map(([, { code, text }]) => ({ code, text }));
  assert.deepEqual(refusals, [{ code: "epoch_changed", text: "mine " }]);
  assert.equal(doc.canUndo, false);
  doc.insert(0, "a ");
  world.pass(100);
  assert.equal(world.room.text, "a new text");
});

test("a copy that differs says so, and is loaded again", () => {
  const world = new World();
  world.write(["right"]);
  const doc = joined(world);
  const heard = recorded(doc);
  world.room.sendChecksums();
  world.room.commit();
  world.pass(50);
  assert.equal(heard.length, 0);
  for (const session of world.room.sessions.values()) {
    session.line.send({ type: "checksum", seq: 1, hash: 42 });
  }
  world.pass(15);
  assert.equal(heard[0][0], "diverged");
  assert.equal(heard[0][1].reason, "checksum");
  assert.equal(doc.editable, false);
  world.pass(5000);
  const hello = world.sockets.at(-1)?.sent[0];
  assert.equal("since" in hello, false);
  assert.equal(doc.text, "right");
  assert.equal(doc.editable, true);
});

test("edits under way when a copy turns out to differ are kept once, or given back", () => {
  const world = new World();
  world.commits = false;
  const doc = joined(world);
  const heard = recorded(doc);
  doc.insert(0, "taken ");
  world.pass(12); // the server has it, and it is not in the log yet
  doc.edit([6, "lost"], { undoable: false });
  const [session] = world.room.sessions.values();
  session.line.send({ type: "checksum", seq: 0, hash: 42 });
  session.receive = () => {}; // the second edit gets lost
  world.room.committed = world.room.log.length;
  world.commits = true;
  world.pass(20_000);
  assert.equal(world.room.text, "taken ");
  assert.equal(doc.text, "taken ");
  assert.equal(heard.find(([name]) => name === "diverged")[1].text, "taken lost");
  const refused = heard.filter(([name]) => name === "refused").map(([, { code, text }]) => ({ code, text }));
  assert.deepEqual(refused, [{ code: "diverged", text: "lost" }]);
});

test("a gap in the events makes the copy load again", () => {
  const world = new World();
  world.write(["a"]);
  const doc = joined(world);
  const heard = recorded(doc);
  const [session] = world.room.sessions.values();
  session.line.send({ type: "events", events: [{ seq: 3, type: "edited", client: "x", id: 1, op: ["b"] }] });
  world.pass(5000);
  assert.equal(heard[0][1].reason, "stream");
  assert.equal(doc.text, "a");
  assert.equal(doc.connection, "connected");
});

test("an own event that is not what was predicted is right, and the text is repaired", () => {
  const world = new World();
  world.write(["abc"]);
  const doc = joined(world);
  const heard = recorded(doc);
  world.network = false;
  doc.edit([3, "X"], { undoable: false });
  doc.edit([4, "Y"], { undoable: false });
  world.pass(15); // lost on the way
  world.network = true;
  const [session] = world.room.sessions.values();
  session.line.send({ type: "events", events: [{ seq: 2, type: "edited", client: doc.client, id: 1, op: ["X"] }] });
  world.pass(20);
  assert.equal(doc.confirmedText, "Xabc");
  assert.equal(doc.text, "XabcY");
  assert.deepEqual(heard.filter(([name]) => name === "diverged").map(([, { reason }]) => reason), ["prediction"]);
});

test("final close codes end it, and say why", async () => {
  for (const code of [4400, 4403, 4490, 4499, 1009]) {
    const world = new World();
    const doc = joined(world);
    const heard = recorded(doc);
    doc.insert(0, "x");
    const saved = doc.whenSaved();
    world.network = false;
    world.cut(code);
    world.pass(120_000);
    await assert.rejects(saved, { code: `closed_${code}` });
    assert.equal(world.sockets.length, 1);
    assert.equal(doc.connection, "disconnected");
    assert.deepEqual(heard.filter(([name]) => name === "closed"), [["closed", { code, reason: "", final: true }]]);
    assert.equal(doc.unsavedText, "x");
    assert.throws(() => doc.insert(0, "y"), { code: `closed_${code}` });
  }
});

test("a final close before the first sync rejects", async () => {
  const world = new World();
  world.refusesWith = 4404;
  const doc = world.open();
  const synced = doc.whenSynced();
  world.pass(100);
  await assert.rejects(synced, { code: "closed_4404" });
  await assert.rejects(doc.whenSynced(), { code: "closed_4404" });
});

test("other close codes are followed by another try", () => {
  for (const code of [1000, 1001, 1006, 1011, 1012, 1013, 4500, 4501, 4502, 4503, 4508]) {
    const world = new World();
    const doc = joined(world);
    world.cut(code);
    assert.equal(doc.connection, "disconnected");
    world.pass(5000);
    assert.equal(doc.connection, "connected", String(code));
  }
});

test("close() ends it at once and for good", () => {
  const world = new World();
  const doc = joined(world);
  const heard = recorded(doc);
  doc.close();
  world.pass(60_000);
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(heard.at(-1), ["closed", { code: 1000, reason: "closed here", final: true }]);
});

test("a rename changes the title", () => {
  const world = new World();
  const doc = joined(world);
  world.room.append({ type: "renamed", title: "Minutes" });
  world.room.commit();
  world.pass(50);
  assert.equal(doc.title, "Minutes");
  assert.equal(doc.version, 1);
});

test("an event of any type does to the text what its operation says, and counts as a version", () => {
  const world = new World();
  const { room } = world;
  world.room.snapshotVersion = () => 0; // so that the client takes in all events from the first
  const server = { client: "server", id: 0, author: "guest" };
  const origin = { document: "other", epoch: "e", version: 3 };
  room.append({ ...server, type: "created", version: 2, title: "", origin, op: ["one 😀 three"] });
  room.append({ ...server, type: "tagged", of_version: 1, name: "first" });
  room.commit();
  const doc = joined(world);
  const other = joined(world);
  assert.deepEqual([doc.text, doc.version], ["one 😀 three", 2]);
  const heard = recorded(doc);
  /** @type {[import("../../static/client/messages.js").LogEvent["type"], any][]} */
  const events = [
    ["restored", { of_version: 1, op: [4, "2 ", -3] }],
    ["tag_renamed", { tag: 2, name: "the first" }],
    ["undone", { of_author: "ana", after: 0, until: 1, op: [4, -2] }],
    ["untagged", { tag: 2 }],
    ["painted", { op: [{ retain: 3, attributes: { colour: "red" } }] }], // by a newer server
    ["edited", { client: "errand-1234", id: 8, op: ["> "] }],
  ];
  for (const [type, fields] of events) {
    doc.edit([doc.text.length, `<${type}>`]); // under way when the event comes
    other.insert(0, "!");
    room.append({ ...server, type, ...fields });
    room.commit();
    world.pass(100);
    assert.ok(doc.text.endsWith(`<${type}>`));
  }
  assert.equal(doc.version, room.log.length);
  assert.deepEqual([doc.text, doc.pending], [room.text, 0]);
  assert.deepEqual([other.text, other.pending], [room.text, 0]);
  assert.deepEqual(heard.filter(([name]) => ["refused", "diverged", "closed"].includes(name)), []);
  while (doc.canUndo) doc.undo();
  world.pass(100);
  assert.ok(!doc.text.includes("<"));
  assert.equal(room.text, doc.text);
});

test("those who wait for what was made so far do not wait for what is made later", async () => {
  const world = new World();
  world.commits = false;
  const doc = joined(world);
  doc.insert(0, "a");
  const first = doc.whenSaved();
  world.pass(15);
  doc.edit([1, "b"], { undoable: false });
  world.room.commit();
  world.pass(15);
  await first;
  assert.equal(doc.pending, 1);
});

test("an edit that others have made pointless before it was sent is not sent", () => {
  const world = new World();
  world.write(["abc"]);
  const doc = joined(world);
  world.cut();
  doc.delete(1, 1);
  world.write([1, -1]);
  world.pass(5000);
  assert.equal(doc.pending, 0);
  assert.equal(doc.text, "ac");
  assert.deepEqual(world.sent("edit"), []);
});

test("places that are no places are refused here", () => {
  const world = new World();
  world.write(["a😀b"]);
  const doc = joined(world);
  assert.throws(() => doc.insert(9, "x"), { code: "operation_past_end" });
  assert.throws(() => doc.insert(2, "x"), { code: "operation_splits_pair" });
  assert.throws(() => doc.insert(-1, "x"), { code: "operation_length" });
  assert.throws(() => doc.delete(0, 1.5), { code: "operation_length" });
  assert.throws(() => doc.insert(0, "\ud83d"), { code: "operation_lone_surrogate" });
  doc.insert(0, "");
  doc.delete(0, 0);
  assert.equal(doc.pending, 0);
  assert.equal(doc.text, "a😀b");
});
