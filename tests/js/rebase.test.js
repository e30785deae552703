/** Own edits carried over all that others did: the shared cases of tests/vectors/rebase.json, and the laws. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as many from "../../static/client/many.js";
import { Missed } from "../../static/client/missed.js";
import { apply, composeAll, normalize } from "../../static/client/operation.js";
import { inPairs, rebase, runs } from "../../static/client/rebase.js";
import { Random } from "./helpers/random.js";

/** @typedef {import("../../static/client/operation.js").Content} Content */
/** @typedef {import("../../static/client/operation.js").Operation} Operation */

/** @type {any[]} */
const CASES = JSON.parse(readFileSync(new URL("../vectors/rebase.json", import.meta.url), "utf8"));
const ME = "client-m";

test("the shared cases are answered as in Python", () => {
  assert.ok(CASES.length > 100);
  CASES.forEach(({ mine, theirs, pairs, one }, number) => {
    const found = inPairs(ME, mine, runs(theirs));
    assert.deepEqual(found.mine, pairs.mine, `case ${number} in pairs`);
    assert.deepEqual(insertsFirst(found.theirs), insertsFirst(pairs.theirs), `case ${number} in pairs`);
    assert.deepEqual(many.asOne(ME, mine, runs(theirs)), one, `case ${number} as one`);
  });
});

/**
 * What others did as one operation is for showing only: it does the same, whether it inserts before or behind what it
 * deletes.
 *
 * @param {Operation} op
 */
function insertsFirst(op) {
  const inserts = (/** @type {any} */ component) => typeof component === "string" || component.insert !== undefined;
  /** @type {any[]} */
  const sorted = [];
  for (const component of op) {
    let place = sorted.length;
    if (inserts(component)) while (place > 0 && typeof sorted[place - 1] === "number" && sorted[place - 1] < 0) place -= 1;
    sorted.splice(place, 0, component);
  }
  return normalize(sorted);
}

/** @param {Random} random @param {Content} content @param {number} most @param {boolean} rich */
function edits(random, content, most, rich) {
  /** @type {Operation[]} */
  const ops = [];
  let now = content;
  for (let count = random.int(1, most); count > 0; count -= 1) {
    const op = random.chance(0.5) ? random.keystroke(now) : random.operation(now, rich);
    if (op.length === 0) continue;
    ops.push(op);
    now = apply(now, op);
  }
  return { ops, now };
}

/** A text that was formatted and is not any more may be a string or a list. @param {Content} content */
const listed = (content) => (typeof content === "string" && content ? [content] : content || []);

for (const rich of [false, true]) {
  test(`both ways to merge end in one text, ${rich ? "formatted" : "plain"}`, () => {
    for (let seed = 1; seed <= 800; seed += 1) {
      const random = new Random(seed);
      const text = rich ? random.richText(5) : random.text(20);
      const { ops: mine, now: seen } = edits(random, text, 8, rich);
      const { ops, now: newest } = edits(random, text, 8, rich);
      const theirs = ops.map((op) => ({ client: random.pick(["client-a", "client-z"]), op, leans: random.chance(0.1) }));
      assert.deepEqual(listed(apply(text, composeAll(ops))), listed(newest), `seed ${seed}`);
      for (const method of [inPairs, many.asOne]) {
        const rebased = method(ME, mine, theirs);
        const ends = [apply(seen, rebased.theirs), rebased.mine.reduce(apply, newest)];
        assert.deepEqual(listed(ends[0]), listed(ends[1]), `seed ${seed}`);
      }
    }
  });
}

test("thousands of edits everywhere in a text meet in one text", () => {
  const random = new Random(3);
  const text = random.text(4000, 4000);
  const { ops: mine, now: seen } = edits(random, text, 3000, false);
  const { ops, now: newest } = edits(random, text, 3000, false);
  assert.ok(Math.min(mine.length, ops.length) > 500, "the merge is a large one");
  const rebased = rebase(ME, mine, ops.map((op) => ({ client: "client-a", op, leans: false })), many);
  assert.equal(rebased.mine.length, mine.length);
  assert.equal(apply(seen, rebased.theirs), rebased.mine.reduce(apply, newest));
});

test("what is deleted on both sides is deleted once", () => {
  const missed = new Missed();
  missed.take([1, -4]);
  missed.settle();
  assert.deepEqual([missed.carry([-3]), missed.carry([1, "x"]), missed.operation], [[-1], ["x"], [-1, 1, -1]]);
});
