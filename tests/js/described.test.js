/** What a server says of a document and of its user: kind, title, role, and how long the token is good for. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { inNewWorld } from "./helpers/joined.js";
import { World } from "./helpers/world.js";

/** Let what waits for a promise go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the kind of a document is the server's word, and text where that says none", () => {
  assert.equal(inNewWorld().doc.kind, "text");
  const world = new World();
  world.room.kind = "rich";
  const doc = world.open();
  world.pass(100);
  assert.equal(doc.kind, "rich");
});

test("a new title is told of when it comes, with the stream or with a new connection", () => {
  const { world, doc } = inNewWorld();
  /** @type {string[]} */
  const heard = [];
  doc.on("title", (title) => heard.push(title));
  world.room.append({ type: "renamed", client: "server", id: 0, author: "ana", title: "Plan" });
  world.room.commit();
  world.pass(100);
  assert.deepEqual([doc.title, doc.version], ["Plan", 1]);
  world.room.title = "Plan B";
  world.cut();
  world.pass(5000);
  assert.deepEqual(heard, ["Plan", "Plan B"]);
});

test("a role is told of once it is known, then when it changes, and late subscribers hear the present one", async () => {
  const world = new World();
  const doc = world.open();
  /** @type {string[]} */
  const heard = [];
  doc.on("role", (role) => heard.push(role));
  await settled();
  assert.equal(heard.length, 0, "nothing is known yet");
  world.pass(100);
  world.room.tell({ type: "role", role: "viewer" });
  world.room.tell({ type: "role", role: "viewer" });
  world.pass(100);
  assert.deepEqual(heard, ["editor", "viewer"]);
  doc.on("role", (role) => heard.push(`late ${role}`));
  await settled();
  assert.deepEqual(heard.slice(2), ["late viewer"]);
});

test("who may only look makes no edits, until the role is another one", () => {
  const { world, doc } = inNewWorld();
  doc.insert(0, "mine");
  world.pass(100);
  world.room.tell({ type: "role", role: "viewer" });
  world.pass(100);
  assert.equal(doc.editable, false);
  assert.equal(doc.undo(), false);
  assert.equal(doc.text, "mine");
  world.room.tell({ type: "role", role: "editor" });
  world.pass(100);
  assert.equal(doc.editable, true);
  assert.equal(doc.undo(), true);
});

test("edits on their way when the role is lost come back as refused", () => {
  const { world, doc } = inNewWorld();
  /** @type {any[]} */
  const refused = [];
  doc.on("refused", ({ code, text }) => refused.push([code, text]));
  world.room.refuseIf = () => "forbidden";
  doc.insert(0, "late");
  world.room.tell({ type: "role", role: "viewer" });
  world.pass(100);
  assert.deepEqual(refused, [["forbidden", "late"]]);
  assert.deepEqual([doc.text, doc.pending], ["", 0]);
});

/** A function that gives tokens, or fails. */
function tokens() {
  const source = {
    fails: false,
    asked: 0,
    token: async () => {
      source.asked += 1;
      if (source.fails) throw new Error("signed out");
      return `token ${source.asked}`;
    },
  };
  return source;
}

/** @param {World} world @param {number} milliseconds of which promises take none */
async function pass(world, milliseconds) {
  for (let passed = 0; passed < milliseconds; passed += 100) {
    world.pass(100);
    await settled();
  }
}

/** @param {ReturnType<typeof tokens>} source */
async function signedIn(source) {
  const given = inNewWorld({ token: source.token });
  await pass(given.world, 200);
  assert.equal(given.doc.connection, "connected");
  return given;
}

test("before a token expires another is asked for, and sent on the connection that there is", async () => {
  const source = tokens();
  const { world, doc } = await signedIn(source);
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 200);
  assert.deepEqual(world.room.tokens, ["token 2"]);
  assert.equal(world.sockets.length, 1);
  assert.equal(doc.connection, "connected");
});

test("a token that can't be renewed at once is asked for again, as long as there is time", async () => {
  const source = tokens();
  const { world, doc } = await signedIn(source);
  /** @type {string[]} */
  const heard = [];
  doc.on("retry", ({ code }) => heard.push(code));
  source.fails = true;
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 3000);
  assert.ok(heard.length >= 2 && heard.length <= 5, `asked ${heard.length} times in 3 s`);
  assert.deepEqual(new Set(heard), new Set(["token_failed"]));
  source.fails = false;
  await pass(world, 10_000);
  assert.equal(world.room.tokens.length, 1);
  const { asked } = source;
  source.fails = true;
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 120_000);
  assert.ok(source.asked - asked <= 9, "it is not asked for when the time is over");
  assert.equal(world.room.tokens.length, 1);
});

test("a token that comes when its connection is gone is not sent on the next one", async () => {
  /** @type {((token: string) => void)[]} */
  const answers = [];
  const { world, doc } = inNewWorld({ token: () => new Promise((resolve) => answers.push(resolve)) });
  answers[0]("first");
  await pass(world, 200);
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 200);
  assert.equal(answers.length, 2);
  world.cut();
  await pass(world, 5000);
  answers[2]("third");
  await pass(world, 200);
  answers[1]("second, and too late");
  await pass(world, 200);
  assert.equal(doc.connection, "connected");
  assert.deepEqual(world.room.tokens, []);
  assert.deepEqual(world.sent("hello").map(({ token }) => token), ["first", "third"]);
});

test("once the connection is gone its token is not asked for any more", async () => {
  const source = tokens();
  const { world, doc } = await signedIn(source);
  source.fails = true;
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 200);
  const { asked } = source;
  doc.disconnect();
  await pass(world, 40_000);
  assert.equal(source.asked, asked);
});

test("a token that is a string is not sent again", async () => {
  const { world } = inNewWorld({ token: "fixed" });
  world.room.tell({ type: "auth-expiring", in: 30 });
  await pass(world, 40_000);
  assert.deepEqual(world.room.tokens, []);
});

test("an expired token ends the connection and not the document: the next one asks for another", async () => {
  const source = tokens();
  const { world, doc } = await signedIn(source);
  world.cut(4001);
  assert.equal(doc.ended, null);
  await pass(world, 2000);
  assert.equal(doc.connection, "connected");
  assert.deepEqual(world.sent("hello").map(({ token }) => token), ["token 1", "token 2"]);
});
