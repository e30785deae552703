/** static/vendor holds what the lock file says. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

test("a rebuild of the vendored bundle gives the committed one", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/vendor/build.mjs", "--check"], { cwd: root });
  assert.equal(status, 0, String(stderr));
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(readFileSync(`${root}package-lock.json`, "utf8"), /"resolved"/);
});

test("the client needs nothing but itself", () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}static/client/package.json`, "utf8"));
  assert.equal(dependencies, undefined);
});
