/** What an editor doesn't show yet, while something is typed in it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { apply } from "../../static/client/operation.js";
import { Waiting } from "../../static/editors/waiting.js";
import { Random } from "./helpers/random.js";

test("editor and document end alike, whatever waits and whatever is typed", () => {
  for (let seed = 1; seed <= 1000; seed += 1) {
    const random = new Random(seed);
    let shown = random.richText(4);
    let content = shown;
    const waiting = new Waiting();
    for (let step = 0; step < 6; step += 1) {
      if (random.chance(0.5)) {
        const operation = random.operation(content, true);
        waiting.push(operation);
        content = apply(content, operation);
      } else {
        const typed = random.operation(shown, true);
        shown = apply(shown, typed);
        content = apply(content, waiting.carry(typed));
      }
    }
    assert.deepEqual(apply(shown, waiting.take()), content, `seed ${seed}`);
    assert.ok(waiting.isEmpty);
  }
});
