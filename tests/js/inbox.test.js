/** Compressed content: in order with all that comes after it, or given up. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

import { ENCODING, canInflate, inflate } from "../../static/client/inflate.js";
import { Inbox } from "../../static/client/inbox.js";
import { deflated } from "./helpers/room.js";
import { World } from "./helpers/world.js";

const { mark, frames } = deflated("hello");

/** @param {object} [snapshot] @returns {any} */
function welcome(snapshot = {}) {
  return { type: "welcome", seq: 3, snapshot: { seq: 3, length: 5, ...mark, ...snapshot } };
}

/** @param {number} seq @returns {any} */
function events(seq) {
  return { type: "events", events: [{ seq }] };
}

/** An inbox, what it has passed on, and a way to let inflating end. */
function inbox({ inflating = inflate } = {}) {
  /** @type {any[]} */
  const heard = [];
  const box = new Inbox(inflating, {
    message: (message) => heard.push(message.type === "snapshot" ? message.content : message.type),
    loading: () => {},
    damaged: (detail) => heard.push(new Error(detail)),
  });
  return { box, heard };
}

/** @param {any[]} heard @param {number} count */
async function until(heard, count) {
  const end = Date.now() + 5000;
  while (heard.length < count) {
    assert.ok(Date.now() < end, `heard only ${JSON.stringify(heard)}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("the platform that runs the tests can inflate", () => {
  assert.ok(canInflate);
});

test("compressed content becomes a snapshot, before what came after it", async () => {
  const { box, heard } = inbox();
  box.message(welcome());
  box.binary(frames[0]);
  box.message({ type: "pong" });
  box.binary(frames[1]);
  box.message(events(4));
  box.message({ type: "presence", seq: 4, peers: [] });
  assert.deepEqual(heard, ["welcome", "pong"]);
  await until(heard, 5);
  assert.deepEqual(heard, ["welcome", "pong", ["hello"], "events", "presence"]);
  box.message(events(5));
  assert.deepEqual(heard.at(-1), "events");
});

test("content of any kind and size comes out as it went in", async () => {
  for (const content of ["", "a😀\u0000é", "x".repeat(300_000), ["a", { insert: { image: "x" } }]]) {
    const { box, heard } = inbox();
    const packed = deflated(/** @type {any} */ (content));
    box.message(welcome(packed.mark));
    packed.frames.forEach((frame) => box.binary(frame));
    await until(heard, 2);
    assert.deepEqual(heard[1], typeof content === "string" ? [content].filter(Boolean) : content);
  }
});

test("without an encoding all passes at once", () => {
  const { box, heard } = inbox();
  box.message({ ...welcome(), snapshot: { seq: 3, length: 5 } });
  box.message({ type: "snapshot", content: ["hello"], last: true });
  box.message({ ...welcome(), snapshot: null });
  assert.deepEqual(heard, ["welcome", ["hello"], "welcome"]);
});

const whole = Buffer.concat(frames);

/** @type {Record<string, { snapshot?: object, then: any[] }>} */
const BROKEN = {
  "too many bytes": { then: [frames[0], frames[1], frames[1]] },
  "more bytes at once": { then: [Buffer.concat([whole, whole])] },
  "events before the end": { then: [frames[0], events(4)] },
  "a second welcome": { then: [frames[0], welcome()] },
  "plain content": { then: [{ type: "snapshot", content: ["hello"], last: true }] },
  "an unknown encoding": { snapshot: { encoding: "br" }, then: [] },
  "nothing to come": { snapshot: { bytes: 0 }, then: [] },
  "too much to come": { snapshot: { inflated: 2 ** 40 }, then: [] },
};

for (const [name, { snapshot, then }] of Object.entries(BROKEN)) {
  test(`${name}: the content is given up`, () => {
    const { box, heard } = inbox();
    box.message(welcome(snapshot));
    for (const frame of then) frame instanceof Uint8Array ? box.binary(frame) : box.message(frame);
    assert.ok(heard.at(-1) instanceof Error, String(heard.at(-1)));
    assert.ok(heard.slice(0, -1).every((message) => message === "welcome"));
  });
}

test("a binary frame that nobody announced is given up", () => {
  const { box, heard } = inbox();
  box.binary(frames[0]);
  assert.match(heard[0].message, /not announced/);
});

/** @param {number} place @param {number} by */
function flipped(place, by = 1) {
  const bytes = Uint8Array.from(whole);
  bytes.set([(bytes.at(place) ?? 0) ^ by], place < 0 ? bytes.length + place : place);
  return bytes;
}

const list = deflateSync('{"no":"list"}');

/** @type {Record<string, { bytes: Uint8Array, inflated?: number }>} */
const DAMAGED = {
  "a damaged header": { bytes: flipped(0) },
  "a damaged middle": { bytes: flipped(6, 255) },
  "a damaged checksum": { bytes: flipped(-1) },
  "an end too early": { bytes: whole.subarray(0, -3) },
  "fewer bytes than announced": { bytes: whole, inflated: mark.inflated + 1 },
  "more bytes than announced": { bytes: whole, inflated: mark.inflated - 1 },
  "a bomb": { bytes: deflateSync(Buffer.alloc(10_000_000, 32)), inflated: 100 },
  "what is not JSON": { bytes: deflateSync("hello"), inflated: 5 },
  "what is not UTF-8": { bytes: deflateSync(Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])), inflated: 5 },
  "what is no list": { bytes: list, inflated: 13 },
};

for (const [name, { bytes, inflated = mark.inflated }] of Object.entries(DAMAGED)) {
  test(`${name}: the content is given up, and so is what came after it`, async () => {
    const { box, heard } = inbox();
    box.message(welcome({ bytes: bytes.length, inflated }));
    box.binary(bytes);
    box.message(events(4));
    await until(heard, 2);
    assert.ok(heard[1] instanceof Error);
    assert.equal(heard.length, 2);
  });
}

test("of a bomb no more is read than it takes to know that it is one", async (t) => {
  const decode = t.mock.method(TextDecoder.prototype, "decode"); // looked at, and left as it is
  const bomb = deflateSync(Buffer.alloc(10_000_000, 32));
  await assert.rejects(inflate([bomb], 1_000_000), /more than the 1000000 bytes/);
  const read = decode.mock.calls.reduce((sum, { arguments: [bytes] }) => sum + (bytes?.byteLength ?? 0), 0);
  assert.ok(read <= 1_000_000, `${read} bytes were read`);
});

test("what is inflated for a connection that has gone is dropped", async () => {
  /** @type {(text: string) => void} */
  let finish = () => {};
  const { box, heard } = inbox({ inflating: () => new Promise((resolve) => (finish = resolve)) });
  box.message(welcome());
  frames.forEach((frame) => box.binary(frame));
  const late = finish;
  box.reset();
  box.message(welcome());
  frames.forEach((frame) => box.binary(frame));
  late('["from before"]');
  await new Promise((resolve) => setImmediate(resolve)); // what was inflated has been passed on by now, or never is
  box.message(events(4));
  finish('["hello"]');
  await until(heard, 4);
  assert.deepEqual(heard, ["welcome", "welcome", ["hello"], "events"]);
});

test("inflating that never ends does not gather messages without end", () => {
  const { box, heard } = inbox({ inflating: () => new Promise(() => {}) });
  box.message(welcome());
  frames.forEach((frame) => box.binary(frame));
  for (let count = 0; count <= 10_000; count += 1) box.message(events(count));
  assert.match(heard.at(-1).message, /in time/);
});

// A document that is loaded so.

/** @param {World} world */
function deflating(world) {
  world.environment.acceptEncoding = [ENCODING];
  world.room.snapshotVersion = () => 1;
  world.write(["hello"]);
  world.write([5, " world"]);
}

/** Let time pass, and what is inflated meanwhile be done. @param {World} world @param {() => boolean} done */
async function passUntil(world, done) {
  const end = Date.now() + 5000;
  while (!done()) {
    assert.ok(Date.now() < end, `in time: ${done}`);
    world.pass(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("a document takes older compressed content and the events after it", async () => {
  const world = new World();
  deflating(world);
  const doc = world.open();
  await passUntil(world, () => doc.connection === "connected");
  assert.equal(doc.text, "hello world");
  assert.equal(doc.version, 2);
  doc.insert(0, "Oh, ");
  world.pass(100);
  assert.equal(world.room.text, "Oh, hello world");
  assert.equal(world.sockets.length, 1);
  assert.deepEqual(world.sent("hello")[0].accept_encoding, ["deflate"]);
});

test("an edit of one's own that the content does not have yet is no divergence", async () => {
  const world = new World();
  deflating(world);
  const doc = world.open();
  await passUntil(world, () => doc.connection === "connected");
  doc.insert(11, "!");
  world.pass(100);
  /** @type {any[]} */
  const diverged = [];
  doc.on("diverged", ({ reason }) => diverged.push(reason));
  world.room.epoch = "epoch-2";
  world.cut();
  await passUntil(world, () => doc.connection === "connected");
  assert.equal(doc.text, "hello world!");
  assert.deepEqual(diverged, []);
  doc.insert(0, "- ");
  world.pass(100);
  assert.equal(world.room.text, "- hello world!");
});

test("damaged content is asked for again, uncompressed", async () => {
  const world = new World();
  deflating(world);
  world.room.damage = ([first]) => [first, flipped(-1).slice(5)];
  const doc = world.open();
  /** @type {any[]} */
  const diverged = [];
  doc.on("diverged", ({ reason, detail }) => diverged.push(reason, detail));
  await passUntil(world, () => doc.connection === "connected");
  assert.equal(doc.text, "hello world");
  assert.equal(diverged[0], "stream");
  assert.match(diverged[1], /^content that can't be read: ./);
  assert.deepEqual(world.sent("hello").map(({ accept_encoding }) => accept_encoding), [["deflate"], undefined]);
});

test("content of another length than announced is asked for again", async () => {
  const world = new World();
  deflating(world);
  world.environment.inflate = async () => '["hello!"]';
  const doc = world.open();
  /** @type {any[]} */
  const diverged = [];
  doc.on("diverged", ({ detail }) => diverged.push(detail));
  await passUntil(world, () => doc.connection === "connected");
  assert.equal(doc.text, "hello world");
  assert.deepEqual(diverged, ["content of another length than 5 units"]);
});

test("a connection that breaks while content is inflated begins anew", async () => {
  const world = new World();
  deflating(world);
  /** @type {((text: string) => void)[]} */
  const finish = [];
  world.environment.inflate = () => new Promise((resolve) => finish.push(resolve));
  const doc = world.open();
  await passUntil(world, () => finish.length === 1);
  world.cut();
  await passUntil(world, () => finish.length === 2);
  finish.forEach((resolve) => resolve('["hello"]'));
  await passUntil(world, () => doc.connection === "connected");
  assert.equal(doc.text, "hello world");
  assert.equal(world.sockets.length, 2);
});
