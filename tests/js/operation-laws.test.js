/** Laws of the algebra, on random operations; a failure names its seed. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  apply,
  coalesce,
  compose,
  composeAll,
  diff,
  invert,
  normalize,
  plainText,
  split,
  transform,
  transformOffset,
} from "../../static/client/operation.js";
import { transformGeneral } from "../../static/client/operation/transform.js";
import { checksum, hasLoneSurrogate, pieces, splitsPair } from "../../static/client/units.js";
import { Random, boundaries } from "./helpers/random.js";

const RUNS = 4000;

/** @param {string} law @param {(random: Random, rich: boolean, why: string) => void} check */
function onRandom(law, check) {
  test(law, () => {
    for (let seed = 1; seed <= RUNS; seed += 1) check(new Random(seed), seed % 3 === 0, `seed ${seed}`);
  });
}

onRandom("both ways around the diamond end in one text", (random, rich, why) => {
  const text = rich ? random.richText(4) : random.text(8);
  const a = random.operation(text, rich);
  const b = random.operation(text, rich);
  const one = apply(apply(text, a), transform(b, a, "right"));
  const other = apply(apply(text, b), transform(a, b, "left"));
  assert.deepEqual(one, other, why);
});

onRandom("composing is doing one after the other", (random, rich, why) => {
  const text = rich ? random.richText(4) : random.text(8);
  const a = random.operation(text, rich);
  const b = random.operation(apply(text, a), rich);
  assert.deepEqual(apply(text, compose(a, b)), apply(apply(text, a), b), why);
});

onRandom("many composed at once are many done in turn", (random, _, why) => {
  const text = random.text(8);
  let now = text;
  const ops = Array.from({ length: random.int(0, 9) }, () => {
    const op = random.keystroke(now);
    now = plainText(apply(now, op));
    return op;
  });
  assert.equal(apply(text, composeAll(ops)), now, why);
});

onRandom("the inverse brings the text back", (random, rich, why) => {
  const text = rich ? random.richText(4) : random.text(8);
  const op = random.operation(text, rich);
  assert.deepEqual(apply(apply(text, op), invert(op, text)), text, why);
});

onRandom("results of all functions are in normal form", (random, rich, why) => {
  const text = rich ? random.richText(4) : random.text(8);
  const a = random.operation(text, rich);
  const b = random.operation(text, rich);
  for (const op of [transform(a, b, "left"), transform(a, b, "right"), invert(a, text)]) {
    assert.deepEqual(op, normalize(op), why);
  }
});

onRandom("the fast way to transform gives what the general one gives", (random, _, why) => {
  const text = random.text(6);
  const a = random.keystroke(text);
  const b = random.keystroke(text);
  for (const side of /** @type {const} */ (["left", "right"])) {
    assert.deepEqual(transform(a, b, side), transformGeneral(a, b, side), why);
  }
});

onRandom("a run carried over an event is its edits carried over it", (random, _, why) => {
  const text = random.text(8, 3);
  const event = random.operation(text);
  let now = text;
  const edits = Array.from({ length: 6 }, () => {
    const op = random.keystroke(now);
    now = plainText(apply(now, op));
    return op;
  });
  const ends = [edits, coalesce(edits)].map((ops) => {
    let state = apply(text, event);
    let over = event;
    for (const op of ops) {
      state = apply(state, transform(op, over, "left"));
      over = transform(over, op, "right");
    }
    return state;
  });
  assert.equal(ends[0], ends[1], why);
});

onRandom("a diff leads from one text to the other and splits no pair", (random, _, why) => {
  const before = random.text(8);
  const after = random.chance(0.5) ? random.text(8) : plainText(apply(before, random.operation(before)));
  assert.equal(apply(before, diff(before, after)), after, why);
});

onRandom("a split operation does the same in parts that are small", (random, rich, why) => {
  const text = rich ? random.richText(4) : random.text(8);
  const op = random.operation(text, rich);
  const parts = split(op, 2);
  let now = text;
  for (const part of parts) now = apply(now, part);
  assert.deepEqual(now, apply(text, op), why);
  for (const part of parts) {
    const inserts = part.filter((step) => typeof step !== "number" && !(typeof step === "object" && "retain" in step));
    assert.ok(plainText(inserts).length <= 2, why);
    assert.ok(!hasLoneSurrogate(plainText(inserts)), why);
  }
});

onRandom("a place carried over an operation stays between the same characters", (random, _, why) => {
  const text = random.text(8);
  const op = random.operation(text);
  const after = plainText(apply(text, op));
  for (const offset of boundaries(text)) {
    const moved = transformOffset(offset, op, random.chance(0.5) ? "left" : "right");
    assert.ok(moved >= 0 && moved <= after.length, why);
    assert.ok(!splitsPair(after, moved), why);
  }
});

test("values that Python takes for equal are kept apart", () => {
  const op = normalize([
    { insert: "a", attributes: { bold: true } },
    { insert: "b", attributes: { bold: 1 } },
  ]);
  assert.equal(op.length, 2);
});

test("an attribute named __proto__ is an attribute", () => {
  const attributes = JSON.parse('{"__proto__": 1}');
  const formatted = apply("ab", [{ retain: 1, attributes }]);
  assert.equal(JSON.stringify(formatted), '[{"insert":"a","attributes":{"__proto__":1}},"b"]');
});

test("the checksum counts UTF-16 units", () => {
  assert.equal(checksum("hello"), 1427272415);
  assert.equal(checksum(""), 0);
  assert.notEqual(checksum("😀"), checksum("🎉"));
});

test("pieces of a text never cut a pair", () => {
  assert.deepEqual(pieces("a😀😀b", 2), ["a", "😀", "😀", "b"]);
});
