/** Over real sockets, with the WebSocket class of the package ws. */

import assert from "node:assert/strict";
import { test } from "node:test";
import WebSocket from "ws";

import { connect } from "../../static/client/index.js";
import { RoomServer } from "./helpers/ws-server.js";

/** @type {import("../../static/client/document.js").SocketClass} */
const socketClass = /** @type {any} */ (WebSocket);

/** @param {() => boolean} condition */
async function until(condition) {
  const end = Date.now() + 5000;
  while (!condition()) {
    assert.ok(Date.now() < end, `in time: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** @param {RoomServer} server @param {string} name */
function joined(server, name) {
  return connect(server.url, { document: "notes", user: { name }, WebSocket: socketClass });
}

test("two clients meet, edit and save over a socket", async (t) => {
  const server = await RoomServer.start();
  const [ana, bo] = await Promise.all([joined(server, "Ana"), joined(server, "Bo")]);
  t.after(() => (ana.close(), bo.close(), server.stop()));
  assert.equal(server.path, "/ws/documents/notes");
  assert.equal(server.protocol, "collab.v1");
  ana.insert(0, "hello 😀");
  await ana.whenSaved();
  await until(() => bo.text === "hello 😀");
  assert.deepEqual(bo.presence.others.map(({ user }) => user.name), ["Ana"]);
  ana.presence.set({ anchor: 1, head: 5 });
  await until(() => bo.presence.others[0]?.cursor?.head === 5);
  bo.insert(0, ">> ");
  await until(() => ana.text === ">> hello 😀");
  assert.deepEqual(bo.presence.others[0].cursor, { anchor: 4, head: 8 });
  ana.close();
  await until(() => bo.presence.others.length === 0);
});

test("after a break a client resumes and sends again what was not answered", async (t) => {
  const server = await RoomServer.start();
  const ana = await joined(server, "Ana");
  t.after(() => (ana.close(), server.stop()));
  ana.insert(0, "saved ");
  await ana.whenSaved();
  server.mute = true;
  ana.edit([6, "taken "], { undoable: false });
  await until(() => server.received.some(({ id }) => id === 2));
  server.cut();
  ana.edit([12, "kept"], { undoable: false });
  server.mute = false;
  await ana.whenSaved();
  assert.equal(server.room.text, "saved taken kept");
  assert.deepEqual(server.room.log.map(({ id }) => id), [1, 2, 3]);
  const hellos = server.received.filter(({ type }) => type === "hello");
  assert.deepEqual(hellos.map(({ since }) => since), [undefined, 1]);
  assert.equal(hellos[1].epoch, "epoch-1");
});

test("across a restart of the server nothing is lost or doubled", async (t) => {
  let server = await RoomServer.start();
  const { port, room } = server;
  const ana = await joined(server, "Ana");
  t.after(() => (ana.close(), server.stop()));
  ana.insert(0, "before ");
  await ana.whenSaved();
  await server.stop();
  await until(() => ana.connection !== "connected");
  ana.insert(7, "after");
  assert.equal(ana.pending, 1);
  server = await RoomServer.start(room, port);
  await ana.whenSaved();
  assert.equal(room.text, "before after");
});
