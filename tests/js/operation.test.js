/** The shared cases of tests/vectors/operation.json, which the Python tests read too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  apply,
  coalesce,
  compose,
  invert,
  normalize,
  transform,
  transformOffset,
  validate,
} from "../../static/client/operation.js";

const CASES = JSON.parse(readFileSync(new URL("../vectors/operation.json", import.meta.url), "utf8"));

/** @type {Record<string, (given: any) => unknown>} */
const ANSWERS = {
  normalize: ({ op }) => normalize(op),
  apply: ({ text, op }) => apply(text, op),
  transform: ({ op, other, side }) => transform(op, other, side),
  transform_offset: ({ offset, op, sticky }) => transformOffset(offset, op, sticky),
  compose: ({ a, b }) => compose(a, b),
  invert: ({ op, text }) => invert(op, text),
  coalesce: ({ ops }) => coalesce(ops),
  validate: ({ value, text }) => validate(value, text),
};

test("every kind of shared case is read", () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(ANSWERS).sort());
});

for (const [kind, answer] of Object.entries(ANSWERS)) {
  test(`${kind} answers the shared cases as Python does`, () => {
    assert.ok(CASES[kind].length > 0);
    for (const given of CASES[kind]) {
      if ("error" in given) assert.throws(() => answer(given), { code: given.error }, JSON.stringify(given));
      else assert.deepEqual(answer(given), given.result, JSON.stringify(given));
    }
  });
}
