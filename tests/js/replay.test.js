/** A history played in the browser. The server's side of it is tests/test_web_replay.py; both together, tests/test_pages_history.py. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../../static/client/operation.js";
import { hashOf, placeOf } from "../../static/replay/address.js";
import { Part } from "../../static/replay/part.js";
import { Past } from "../../static/replay/past.js";
import { placeAfter, placeBefore, sessionPlaces } from "../../static/replay/places.js";
import { LONGEST_PAUSE, Player, RATE } from "../../static/replay/player.js";
import { cut } from "../../static/replay/steps.js";
import { Random } from "./helpers/random.js";

/** @typedef {import("../../static/client/operation.js").Content} Content */
/** @typedef {import("../../static/client/operation.js").Operation} Operation */
/** @typedef {import("../../static/replay/part.js").Replay} Replay */
/** @typedef {import("../../static/replay/steps.js").Step} Step */

const BASE = "one 😀 two";

/** Runs, each with what its events do one by one. @type {{ step: Step, operations: Operation[] }[]} */
const RUNS = [
  { step: [[4, "cat"], 3], operations: [[4, "c"], [5, "a"], [6, "t"]] },
  { step: [["a😀b"], 3], operations: [["a"], [1, "😀"], [3, "b"]] },
  { step: [[4, "abcd"], 2], operations: [[4, "ab"], [6, "cd"]] },
  { step: [[1, -2], 2], operations: [[1, -1], [1, -1]] },
  { step: [[-4], 2], operations: [[-2], [-2]] },
  { step: [[1, -3], 3, true], operations: [[3, -1], [2, -1], [1, -1]] },
  { step: [[-4], 2, true], operations: [[2, -2], [-2]] },
  { step: [[1, -1, "x"]], operations: [[1, -1, "x"]] },
  { step: [[]], operations: [[]] },
];

/** @param {Random} random @param {number} count @returns {number} from 0 on, less than `count` */
const below = (random, count) => random.int(0, count - 1);

/** @param {Content} content @param {readonly Operation[]} operations */
const played = (content, operations) => operations.reduce((text, operation) => apply(text, operation), content);

test("a run cut anywhere does what those of its events do", () => {
  for (const { step, operations } of RUNS) {
    for (let from = 0; from <= operations.length; from += 1) {
      for (let to = from; to <= operations.length; to += 1) {
        const before = played(BASE, operations.slice(0, from));
        assert.equal(apply(before, cut(step, from, to)), played(before, operations.slice(from, to)), JSON.stringify({ step, from, to }));
      }
    }
  }
});

/** A history at random, of runs and of single events. @param {number} seed */
function history(seed) {
  const random = new Random(seed);
  /** @type {Step[]} */
  const steps = [];
  /** @type {Content[]} */
  const texts = [BASE];
  /** @type {[string, number][]} */
  const turns = [];
  for (let each = 0; each < 30; each += 1) {
    const before = /** @type {string} */ (texts[texts.length - 1]);
    const fitting = RUNS.filter(({ operations }) => fits(before, operations));
    const { step, operations } = below(random, 2) ? fitting[below(random, fitting.length)] : single(random.operation(before));
    steps.push(step);
    for (const operation of operations) texts.push(apply(/** @type {Content} */ (texts[texts.length - 1]), operation));
    for (let left = operations.length; left > 0; ) {
      const events = 1 + below(random, left);
      turns.push([`author ${below(random, 3)}`, events]);
      left -= events;
    }
  }
  const events = texts.length - 1;
  const times = [1_000_000, ...Array.from({ length: events - 1 }, () => below(random, 5000))];
  return { steps, texts, turns, times, events };
}

/** @param {Operation} operation @returns {{ step: Step, operations: Operation[] }} */
const single = (operation) => ({ step: [operation], operations: [operation] });

/** Whether they cut no pair in two. @param {string} text @param {readonly Operation[]} operations */
function fits(text, operations) {
  try {
    return operations.every((_, index) => /** @type {string} */ (played(text, operations.slice(0, index + 1))).isWellFormed());
  } catch {
    return false;
  }
}

/** @param {ReturnType<typeof history>} past @param {number} after */
function part({ steps, texts, turns, times, events }, after = 100) {
  return new Part({ after, until: after + events, content: texts[0], steps, turns, times });
}

test("every version of a part is the one that its events made, in whatever order one looks", () => {
  for (let seed = 1; seed <= 50; seed += 1) {
    const past = history(seed);
    const here = part(past);
    const random = new Random(seed);
    for (let looks = 0; looks < 40; looks += 1) {
      const [a, b] = [below(random, past.events + 1), below(random, past.events + 1)];
      assert.equal(here.contentAt(100 + a), past.texts[a], `seed ${seed}, version ${a}`);
      assert.equal(apply(past.texts[a], here.operation(100 + a, 100 + b)), past.texts[b], `seed ${seed}, ${a} to ${b}`);
    }
  }
});

test("a part knows whose each version is, and when it was made", () => {
  const past = history(7);
  const here = part(past);
  const authors = past.turns.flatMap(([author, events]) => Array(events).fill(author));
  let time = 0;
  for (let index = 0; index < past.events; index += 1) {
    time += past.times[index];
    assert.equal(here.authorOf(101 + index), authors[index]);
    assert.equal(here.timeOf(101 + index), time);
  }
});

test("what each author did, one turn after the other, is what happened", () => {
  const past = history(3);
  const here = part(past);
  for (const [from, to] of [[0, past.events], [5, past.events - 5], [4, 5], [6, 6]]) {
    const turns = [...here.authored(100 + from, 100 + to)];
    assert.equal(played(past.texts[from], turns.map(({ operation }) => operation)), past.texts[to]);
  }
});

/** A server of `events` events, each one letter, that sends at most `most` at once. @param {number} events @param {number} most */
function server(events, most) {
  /** @type {{ after: number, until: number, content: boolean }[]} */
  const asked = [];
  /** @param {{ after: number, until?: number, content?: boolean }} range @returns {Promise<any>} */
  const replay = async ({ after, until = events, content = true }) => {
    asked.push({ after, until, content });
    assert.ok(until <= events && after < until, "the server has that");
    const end = Math.min(until, after + most);
    const letters = Array.from({ length: end - after }, (_, index) => letter(after + index + 1)).join("");
    const step = [after > 0 ? [after, letters] : [letters], end - after];
    return { after, until: end, epoch: "e", content: content ? text(after) : null, steps: [step], turns: [["ana", end - after]], times: [1, ...Array(end - after - 1).fill(1)] };
  };
  return { asked, replay };
}

/** @param {number} version */
const letter = (version) => String.fromCharCode(97 + (version % 26));
/** @param {number} version */
const text = (version) => Array.from({ length: version }, (_, index) => letter(index + 1)).join("");

test("any version is loaded with its surroundings, once", async () => {
  const { asked, replay } = server(9000, 5000);
  const past = new Past({ replay });
  const [one, same] = await Promise.all([past.load(4321, 9000), past.load(4322, 9000)]);
  assert.equal(one, same);
  assert.equal(one.contentAt(4321), text(4321));
  assert.deepEqual(asked, [{ after: 4000, until: 6000, content: true }]);
  assert.equal((await past.load(0, 9000)).contentAt(0), "");
  assert.equal((await past.load(9000, 9000)).contentAt(9000), text(9000));
  assert.equal(asked.length, 3);
});

test("where a part is heavy it is loaded in pieces, and only the first with its text", async () => {
  const { asked, replay } = server(3000, 700);
  const past = new Past({ replay });
  assert.equal((await past.load(2000, 3000)).contentAt(2000), text(2000));
  assert.deepEqual(asked.map(({ after, content }) => [after, content]), [[0, true], [700, false], [1400, false]]);
});

test("what has come since is loaded alone", async () => {
  const { asked, replay } = server(2500, 5000);
  const past = new Past({ replay });
  await past.load(2100, 2100);
  assert.equal((await past.load(2500, 2500)).contentAt(2500), text(2500));
  assert.deepEqual(asked.at(-1), { after: 2100, until: 2500, content: false });
  assert.equal(past.operation(2050, 2300), undefined);
});

test("until a version is there, the nearest is known", async () => {
  const { replay } = server(9000, 5000);
  const past = new Past({ replay });
  assert.equal(past.nearest(10), null);
  await past.load(3000, 9000);
  assert.deepEqual([past.nearest(10), past.nearest(2500), past.nearest(8000)], [2000, 2500, 4000]);
  assert.equal(past.contentAt(2000), text(2000));
  assert.equal(past.partOf(2000), null); // who made version 2000 is in the part before
});

test("the past of another document is not mixed in", async () => {
  const { replay } = server(5000, 5000);
  let epoch = "e";
  const past = new Past({ replay: async (range) => ({ ...(await replay(range)), epoch }) });
  await past.load(1, 5000);
  epoch = "another";
  await assert.rejects(past.load(4000, 5000), { code: "replaced" });
});

test("of long texts few parts are kept, and never none", async () => {
  const long = "x".repeat(3_000_000);
  const past = new Past({
    replay: async ({ after, until = 0 }) => {
      const events = until - after;
      return { epoch: "e", after, until, content: long, steps: [[["y".repeat(events)], events]], turns: [["ana", events]], times: Array(events).fill(1) };
    },
  });
  for (const version of [1, 2001, 4001, 6001]) await past.load(version, 9000);
  assert.equal(past.partOf(1), null);
  assert.notEqual(past.partOf(6001), null);
});

test("playing goes by so many events a second, whatever the frames", () => {
  const player = new Player();
  let version = 0;
  for (let frame = 0; frame < 60; frame += 1) version = player.advance(1000 / 60, version, () => undefined);
  assert.ok(Math.abs(version - RATE) <= 1, `${version}`);
  player.speed = 100;
  assert.equal(player.advance(16, 0, () => undefined), 16);
  assert.equal(player.advance(60_000, 0, () => undefined), 500); // it was hidden for a minute
  assert.equal(player.advance(-8, 30, () => undefined), 30); // the frame began before it was asked for
});

test("in real time pauses are as they were, but for the long ones", () => {
  const times = [0, 1000, 1100, 1100, 90_000_000];
  const player = new Player();
  player.speed = "real";
  /** @param {number} version */
  const timeOf = (version) => times[version];
  assert.equal(player.advance(90, 1, timeOf), 1);
  assert.equal(player.advance(10, 1, timeOf), 3);
  let version = 3;
  let passed = 0;
  for (; version === 3; passed += 100) version = player.advance(100, version, timeOf);
  assert.deepEqual([version, passed], [4, LONGEST_PAUSE]);
  assert.equal(player.advance(1, 4, timeOf), 5); // what comes is not known: it has to be loaded
});

test("a link says a version, a range or a time", () => {
  assert.deepEqual(placeOf(""), { kind: "newest" });
  assert.deepEqual(placeOf("#v=1204"), { kind: "version", version: 1204 });
  assert.deepEqual(placeOf("#v=1310..1204"), { kind: "range", older: 1204, newer: 1310 });
  assert.deepEqual(placeOf("#t=2026-11-01T10:00Z"), { kind: "time", at: new Date(Date.UTC(2026, 10, 1, 10)) });
  assert.deepEqual(placeOf("#t=2026-11-01T11%3A00%2B01%3A00"), { kind: "time", at: new Date(Date.UTC(2026, 10, 1, 10)) });
  for (const text of ["v=", "v=x", "v=-1", "v=1..", "t=", "t=soon", "%", "deck", "v=9999999999999999"]) assert.deepEqual(placeOf(`#${text}`), { kind: "unknown", text });
  for (const [version, older] of /** @type {[number, number | null][]} */ ([[7, null], [7, 3]])) {
    assert.deepEqual(placeOf(hashOf(version, older)), older === null ? { kind: "version", version } : { kind: "range", older, newer: version });
  }
});

test("one goes to the next place, and stays where there is none", () => {
  const places = sessionPlaces([{ last: 9 }, { last: 4 }, { last: 9 }], 12);
  assert.deepEqual(places, [0, 4, 9, 12]);
  assert.deepEqual([placeBefore(places, 9), placeBefore(places, 0)], [4, undefined]);
  assert.deepEqual([placeAfter(places, 5), placeAfter(places, 12)], [9, undefined]);
});
