/**
 * Sessions against a server in small over links that delay, drop and break, with commits that fail and edits
 * that are refused: whatever happens, all end with the text that the log gives, every edit is there once or
 * was refused, and what each client predicted is what was stored.
 */

import assert from "node:assert/strict";
import { test } from "node:test";

import { plainText } from "../../static/client/operation.js";
import { Session } from "../../static/client/session.js";
import { Random } from "./helpers/random.js";
import { Room } from "./helpers/room.js";

class Person {
  /** @type {any[]} */ up = [];
  /** @type {any[]} */ down = [];
  /** @type {import("./helpers/room.js").RoomSession | null} */ line = null;
  /** @type {any[]} */ divergences = [];
  /** @type {number[]} */ refusals = [];
  /** @type {number[]} */ made = [];
  resets = 0;

  /** @param {string} client @param {Room} room */
  constructor(client, room) {
    this.room = room;
    this.session = new Session({
      client,
      key: "k".repeat(16),
      listener: {
        send: (message) => this.up.push(JSON.parse(JSON.stringify(message))),
        welcomed: () => {},
        described: () => {},
        expiring: () => {},
        loading: () => {},
        reset: () => (this.resets += 1),
        integrated: () => {},
        refused: ({ id }) => this.refusals.push(id),
        peersChanged: () => {},
        caughtUp: () => {},
        diverged: (divergence) => this.divergences.push(divergence),
        retry: () => {},
      },
    });
  }

  connect() {
    this.up = [];
    this.down = [];
    this.line = this.room.connect({
      send: (message) => this.down.push(JSON.parse(JSON.stringify(message))),
      close: () => this.down.push("close"),
    });
    this.session.hello();
  }

  /** The network fails: nothing that is on its way arrives. */
  breakOff() {
    if (!this.line) return;
    this.line.gone();
    this.line = null;
    this.up = [];
    this.down = [];
    this.session.disconnected();
  }

  /** @param {number} now */
  hear(now) {
    const message = this.down.shift();
    if (message === undefined) return;
    if (message === "close") return this.breakOff();
    this.session.receive(message, now);
    this.session.flush(now);
    this.session.flushPresence();
  }

  speak() {
    const message = this.up.shift();
    if (message) this.line?.receive(message);
  }

  /** @param {Random} random @param {number} now @param {boolean} rich */
  type(random, now, rich) {
    if (!this.session.synced) return;
    const { shown } = this.session.replica;
    const op = random.chance(0.7) ? random.keystroke(shown) : random.operation(shown, rich);
    const made = this.session.edit(op, { merge: random.chance(0.7) });
    if (made && !made.merged) this.made.push(made.id);
    this.session.flush(now);
    this.session.setCursor({ anchor: 0, head: plainText(this.session.replica.shown).length });
    this.session.flushPresence();
  }
}

/**
 * @param {number} seed
 * @param {{ breaks: boolean, rich: boolean, back?: number }} options `back` is how likely somebody who is away comes
 *   back at a step
 */
function run(seed, { breaks, rich, back = 0.3 }) {
  const random = new Random(seed);
  const room = new Room();
  room.limits.in_flight = random.pick([1, 3, 256]);
  room.snapshotVersion = ({ committed }) => Math.max(0, committed - random.int(0, 5));
  const names = ["mmmmmmmm", "aaaaaaaa", "zzzzzzzz", "MMMMMMMM"].slice(0, random.int(2, 4));
  const people = names.map((name) => new Person(name, room));
  room.write(["hello 😀 world"]);
  if (breaks) room.refuseIf = () => (random.chance(0.05) ? "too_fast" : null);
  people.forEach((person) => person.connect());

  let now = 0;
  for (let step = 0; step < 250; step += 1) {
    now += 50;
    const person = random.pick(people);
    const chance = random.next();
    if (chance < 0.25) person.type(random, now, rich);
    else if (chance < 0.5) person.speak();
    else if (chance < 0.8) person.hear(now);
    else if (chance < 0.94) room.commit();
    else if (chance < 0.96) room.sendChecksums();
    else if (breaks && chance < 0.97) room.fail();
    else if (breaks && chance < 0.985) person.breakOff();
    if (!person.line && random.chance(back)) person.connect();
  }

  room.refuseIf = () => null;
  for (let round = 0; round < 2000; round += 1) {
    now += 50;
    for (const person of people) {
      if (!person.line) person.connect();
      person.speak();
      person.hear(now);
      person.session.flush(now);
    }
    room.commit();
    if (people.every(({ session, up, down }) => !session.replica.pending.length && !up.length && !down.length)) break;
  }
  room.sendChecksums();
  room.commit();
  for (const person of people) while (person.down.length > 0) person.hear(now);
  return { room, people };
}

/** A text that was formatted and is not any more may be a string or a list. @param {any} content */
function asList(content) {
  if (typeof content !== "string") return content;
  return content ? [content] : [];
}

/** @param {ReturnType<typeof run>} end @param {string} why */
function check({ room, people }, why) {
  for (const { session, divergences } of people) {
    assert.equal(session.replica.version, room.log.length, why);
    assert.deepEqual(asList(session.replica.confirmed), asList(room.content), why);
    assert.deepEqual(asList(session.replica.shown), asList(room.content), why);
    assert.deepEqual(session.replica.pending, [], why);
    assert.deepEqual(divergences, [], why);
  }
}

const SEEDS = 500;

for (const [name, options] of Object.entries({
  "people over slow links end with the same text, and predicted every stored operation": { breaks: false, rich: false },
  "so they do when links break, commits fail and edits are refused": { breaks: true, rich: false },
  "so they do with attributes and embeds": { breaks: true, rich: true },
  "so they do when they are away for long": { breaks: true, rich: false, back: 0.02 },
  "so they do when they are away for long, with attributes and embeds": { breaks: true, rich: true, back: 0.02 },
})) {
  test(name, () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) check(run(seed, options), `seed ${seed}`);
  });
}

test("every edit is in the log once, or was refused, or had nothing left to do", () => {
  let refused = 0;
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { room, people } = run(seed, { breaks: true, rich: false });
    for (const { session, made, refusals } of people) {
      const { client } = session.replica;
      const stored = room.log.filter((event) => event.client === client).map(({ id }) => id);
      assert.deepEqual(stored, [...new Set(stored)].sort((a, b) => Number(a) - Number(b)), `seed ${seed}`);
      for (const id of refusals) assert.ok(!stored.includes(id), `seed ${seed}: ${id} stored and refused`);
      for (const id of stored) assert.ok(made.includes(Number(id)), `seed ${seed}: ${id} was never made`);
      refused += refusals.length;
    }
  }
  assert.ok(refused > SEEDS / 10, "the simulation refuses edits");
});
