/** How much a page has to load. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const client = fileURLToPath(new URL("../../static/client/", import.meta.url));

/** @param {string} entry @param {string[]} [external] @returns {Promise<number>} bytes */
async function size(entry, external = []) {
  const { outputFiles } = await build({
    ...{ entryPoints: [client + entry], external, bundle: true, minify: true, format: "esm", target: "es2022", write: false },
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

test("the core of the client is at most 15 kB, and what it loads on demand is not in it", async (t) => {
  const onDemand = ["./offline.js", "./history.js", "./debug.js", "./many.js"];
  const core = await size("index.js", onDemand);
  t.diagnostic(`core: ${core} bytes gzip`);
  assert.ok(core <= 15_000, `${core} bytes gzip, at most 15,000`);
  const offline = await size("offline.js", ["./connection.js", "./document.js", "./environment.js", "../backoff.js", "../environment.js", "../operation.js"]);
  t.diagnostic(`offline: ${offline} bytes gzip`);
  assert.ok(offline <= 5000, `${offline} bytes gzip, at most 5,000`);
  const many = await size("many.js", ["./operation.js"]);
  t.diagnostic(`many: ${many} bytes gzip`);
});
