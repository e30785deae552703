/**
 * Offline merges with the browser's replica. Reads a file of cases, one JSON a line, and writes for each the
 * milliseconds of every repetition and the text. The cases are those of benchmarks/merge.py, which runs this.
 */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

import * as many from "../static/client/many.js";
import { Replica } from "../static/client/replica.js";

/** @param {{ base: string, mine: any[], theirs: any[] }} case_ */
function merge({ base, mine, theirs }) {
  const replica = new Replica("client-m");
  replica.many = many;
  replica.reset(base, 0);
  for (const op of mine) replica.edit(op);
  const author = { client: "client-a", type: "edited", at: 0 };
  const events = theirs.map((op, index) => ({ ...author, seq: index + 1, id: index + 1, op }));
  const started = performance.now();
  for (const outcome of replica.integrate(events)) void outcome;
  const text = replica.shown;
  return { milliseconds: performance.now() - started, text: String(text), pending: replica.pending.length };
}

const [, , file, repeat] = process.argv;
for await (const line of createInterface({ input: createReadStream(file) })) {
  const case_ = JSON.parse(line);
  const runs = Array.from({ length: Number(repeat) }, () => merge(case_));
  const sha256 = createHash("sha256").update(runs[0].text).digest("hex");
  console.log(JSON.stringify({ milliseconds: runs.map((run) => run.milliseconds), sha256, pending: runs[0].pending }));
}
