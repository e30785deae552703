/**
 * Roles that change and tokens that expire, from Node, against a real server: tests/test_sdk_access.py starts one that
 * knows the tokens below, and runs this file with its address in COLLAB_URL. On the port in COLLAB_CONTROL it is told
 * who gets which role.
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as dial } from "node:net";
import { test } from "node:test";
import WebSocket from "ws";

import { connect, open } from "../../../static/client/index.js";

const url = process.env.COLLAB_URL ?? "";

/** What is waited for comes in a second or two, or not at all. */
const bounded = { timeout: 15_000 };

/** @param {import("node:test").TestContext} t */
function socketClass(t) {
  /** @type {WebSocket[]} */
  const sockets = [];
  class Counted extends WebSocket {
    /** @param {string} address @param {string} protocol */
    constructor(address, protocol) {
      super(address, protocol);
      sockets.push(this);
    }
  }
  t.after(() => sockets.forEach((socket) => socket.terminate()));
  return { sockets, WebSocket: /** @type {import("../../../static/client/document.js").SocketClass} */ (/** @type {any} */ (Counted)) };
}

/**
 * @template {keyof import("../../../static/client/shapes.js").DocumentEvents} Name
 * @param {import("../../../static/client/document.js").CollabDocument} doc
 * @param {Name} name
 * @param {(value: any) => boolean} [wanted]
 * @returns {Promise<any>} what is told next under that name
 */
function told(doc, name, wanted = () => true) {
  return new Promise((resolve) => {
    const stop = doc.on(name, (value) => {
      if (!wanted(value)) return;
      queueMicrotask(() => stop());
      resolve(value);
    });
  });
}

/** Give somebody another role. @param {string} author @param {string} role */
async function permit(author, role) {
  const socket = dial(Number(process.env.COLLAB_CONTROL), "127.0.0.1");
  socket.write(`${author} ${role}\n`);
  const [answer] = await once(socket, "data");
  socket.end();
  assert.equal(String(answer), "1\n", "connections that it concerns");
}

test("a role is taken while connected, edits under way come back, and it is given again", bounded, async (t) => {
  const { sockets, WebSocket } = socketClass(t);
  const doc = await connect(url, { document: "roles", token: "ana", WebSocket });
  t.after(() => doc.close());
  /** @type {string[]} */
  const roles = [];
  doc.on("role", (role) => roles.push(role));
  assert.deepEqual([doc.role, doc.editable, doc.author], ["editor", true, "ana"]);
  doc.insert(0, "text");
  await doc.whenSaved();

  sockets[0].pause(); // so that it isn't known here yet when the edit is made
  await permit("ana", "viewer");
  doc.insert(4, " that is too late");
  assert.equal(doc.editable, true);
  const refused = told(doc, "refused");
  sockets[0].resume();
  const { code, text } = await refused;
  assert.deepEqual([code, text], ["forbidden", " that is too late"]);
  assert.deepEqual([doc.role, doc.editable, doc.text, doc.pending], ["viewer", false, "text", 0]);

  const given = told(doc, "role", (role) => role === "editor");
  await permit("ana", "editor");
  await given;
  assert.equal(doc.editable, true);
  doc.insert(4, "!");
  await doc.whenSaved();
  assert.equal((await doc.at()).text, "text!");
  assert.deepEqual(roles, ["editor", "viewer", "editor"]);
  assert.equal(sockets.length, 1);
});

test("who comes as a viewer sees the text, and what others do to it, and may not edit", bounded, async (t) => {
  const ana = await connect(url, { document: "looking", token: "ana", ...socketClass(t) });
  const vic = await connect(url, { document: "looking", token: "vic", ...socketClass(t) });
  t.after(() => (ana.close(), vic.close()));
  assert.deepEqual([vic.role, vic.editable, vic.author], ["viewer", false, "vic"]);
  const changed = told(vic, "change");
  ana.insert(0, "text");
  await changed;
  assert.equal(vic.text, "text");
  await assert.rejects(vic.rename("Mine"), { name: "CollabError", code: "forbidden" });
});

test("a new token is asked for before the old one expires, and the connection lives on", bounded, async (t) => {
  const { sockets, WebSocket } = socketClass(t);
  /** @type {string[]} */
  const given = [];
  const token = async () => (given.push(given.length === 0 ? "brief" : "long"), given.at(-1) ?? "");
  const doc = await connect(url, { document: "renewed", token, WebSocket });
  t.after(() => doc.close());
  // One with the same end, which gets no new one, shows when that is.
  const other = await connect(url, { document: "renewed", token: "brief", ...socketClass(t) });
  t.after(() => other.close());
  const end = await told(other, "closed");
  assert.deepEqual([end.code, end.final], [4001, false]);
  doc.insert(0, "still here");
  await doc.whenSaved();
  assert.deepEqual(given, ["brief", "long"]);
  assert.equal(sockets.length, 1);
  assert.equal(doc.connection, "connected");
});

test("who shows the old token again is sent away with 4001, and comes back with a new one and all that was typed", bounded, async (t) => {
  const { sockets, WebSocket } = socketClass(t);
  const tokens = ["short", "short", "long"];
  let asked = 0;
  const token = () => tokens[Math.min(asked++, 2)];
  const doc = await connect(url, { document: "back", token, WebSocket });
  t.after(() => doc.close());
  const { code, reason, final } = await told(doc, "closed");
  assert.deepEqual([code, reason, final], [4001, "token_expired: the token has expired", false]);
  doc.insert(0, "typed in between");
  await doc.whenSaved();
  assert.deepEqual([asked, sockets.length], [3, 2]);
  assert.equal((await doc.at()).text, "typed in between");
});

test("a token that is none ends it for good", bounded, async (t) => {
  const { sockets, WebSocket } = socketClass(t);
  const doc = await open(url, { document: "none", token: "nobody's", WebSocket });
  t.after(() => doc.close());
  const end = await told(doc, "closed");
  assert.deepEqual([end.code, end.final], [4401, true]);
  await assert.rejects(doc.whenSynced(), { name: "CollabError" });
  assert.deepEqual([doc.editable, doc.connection, sockets.length], [false, "disconnected", 1]);
});

test("a token of somebody else ends it for good, and what was not saved is told", bounded, async (t) => {
  const { sockets, WebSocket } = socketClass(t);
  const tokens = ["fleeting", "vic"];
  let asked = 0;
  const doc = await connect(url, { document: "other", token: () => tokens[Math.min(asked++, 1)], WebSocket });
  t.after(() => doc.close());
  const end = await told(doc, "closed");
  assert.deepEqual([end.code, end.final, asked], [4401, true, 2]);
  assert.throws(() => doc.insert(0, "x"), { name: "CollabError" });
  assert.equal(sockets.length, 1);
});
