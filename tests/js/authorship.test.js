/** Who wrote what is shown. What needs a screen is driven in a browser by tests/test_browser_authors.py. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { between, edited, lengthOf } from "../../static/editors/authorship.js";
import { AUTHOR_TINT, PALETTE, contrast, edges, mix } from "../../static/editors/colors.js";
import { apply, contentLength } from "../../static/client/operation.js";
import { Random } from "./helpers/random.js";

/** @typedef {import("../../static/editors/authorship.js").Run} Run */
/** @typedef {import("../../static/client/operation.js").Operation} Operation */

/** One author for each unit. @param {string[]} units @param {Operation} operation @param {string} author */
function naively(units, operation, author) {
  /** @type {string[]} */
  const result = [];
  let rest = units;
  for (const component of operation) {
    const size = typeof component === "number" ? component : typeof component === "object" && "retain" in component ? component.retain : 0;
    if (size > 0) result.push(...rest.slice(0, size));
    if (size !== 0) rest = rest.slice(Math.abs(size));
    else if (typeof component === "string") result.push(...Array(component.length).fill(author));
    else result.push(...Array(contentLength([component])).fill(author));
  }
  return [...result, ...rest];
}

/** @param {readonly Run[]} runs */
const units = (runs) => runs.flatMap(({ length, author }) => Array(length).fill(author));

test("runs say of each unit whose it is, whatever is done", () => {
  for (let seed = 1; seed <= 500; seed += 1) {
    const random = new Random(seed);
    let content = random.richText(4);
    /** @type {Run[]} */
    let runs = edited([], [{ insert: "x".repeat(contentLength(content)) }], "ann");
    let expected = units(runs);
    for (let step = 0; step < 12; step += 1) {
      const operation = random.operation(content, true);
      const author = random.pick(["ann", "bo", ""]);
      content = apply(content, operation);
      runs = edited(runs, operation, author);
      expected = naively(expected, operation, author);
      assert.deepEqual(units(runs), expected, `seed ${seed}`);
      assert.equal(lengthOf(runs), contentLength(content), `seed ${seed}`);
      assert.ok(runs.every((run, at) => run.length > 0 && run.author !== runs[at + 1]?.author), `seed ${seed}`);
      const from = random.int(0, expected.length);
      const to = random.int(from, expected.length);
      const stretches = between(runs, from, to);
      assert.deepEqual(units(stretches.map((each) => ({ length: each.to - each.from, author: each.author }))), expected.slice(from, to), `seed ${seed}`);
      assert.ok(stretches.every((each, at) => each.from === (stretches[at - 1]?.to ?? from)), `seed ${seed}`);
    }
  }
});

test("what an edit doesn't touch is not made anew", () => {
  const runs = [{ length: 2, author: "ann" }, { length: 3, author: "bo" }];
  assert.equal(edited(runs, [2, -1], "ann")[0], runs[0]);
  assert.deepEqual(edited(runs, [1, "xy"], "bo"), [
    { length: 1, author: "ann" },
    { length: 2, author: "bo" },
    { length: 1, author: "ann" },
    { length: 3, author: "bo" },
  ]);
});

test("letters are readable on every author's tint, and its line is seen, in light and dark", () => {
  const pages = /** @type {const} */ ({ light: ["#ffffff", "#1d1f23"], dark: ["#1a1d22", "#e6e4df"] });
  for (const color of [...PALETTE, "#000000", "#ffffff", "#ffff00", "#0000ff", "#777777"]) {
    for (const [scheme, [surface, ink]] of Object.entries(pages)) {
      assert.ok(contrast(mix(surface, color, AUTHOR_TINT / 100), ink) >= 4.5, `${color} in ${scheme}`);
      const edge = edges(color)[/** @type {keyof typeof pages} */ (scheme)];
      assert.ok(contrast(edge, surface) >= 3, `${color} in ${scheme}`);
    }
  }
});
