/** The shared cases of tests/vectors/meeting.json, which the Python tests read too. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { cross } from "../../static/client/meeting.js";
import { apply } from "../../static/client/operation.js";

/** @type {any[]} */
const CASES = JSON.parse(readFileSync(new URL("../vectors/meeting.json", import.meta.url), "utf8"));

for (const { name, text, mine, theirs, mineLeft, result } of CASES) {
  test(name, () => {
    const bridge = theirs.map((/** @type {any} */ op) => ({ op, leans: false }));
    let merged = theirs.reduce(apply, text);
    for (let op of mine) {
      let mineLeans = false;
      for (const foreign of bridge) {
        /** @type {"left" | "right"} */
        const side = mineLeft ? "left" : "right";
        const crossed = cross(op, foreign.op, { side, mineLeans, theirsLeans: foreign.leans });
        ({ mine: op, mineLeans } = crossed);
        foreign.op = crossed.theirs;
        foreign.leans = crossed.theirsLeans;
      }
      merged = apply(merged, op);
    }
    assert.equal(merged, result);
  });
}
