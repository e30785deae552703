/**
 * What the client's package has and the repository has not: types, made of its JSDoc, and licences. npm runs this before it
 * packs static/client, and with --remove afterwards. The types have a folder of their own: beside its source, the checker
 * would take a type for that.
 */

import { execFileSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const client = join(root, "static/client");
const types = join(client, "types");
const config = join(client, "types.json");

/** What no type leads to that a program can name: it is loaded by `open`. */
const INNER = ["offline", "offline.d.ts"];

for (const made of ["types", "types.json", "LICENSE", "LICENSE-idb"]) rmSync(join(client, made), { recursive: true, force: true });
if (!process.argv.includes("--remove")) {
  cpSync(join(root, "LICENSE"), join(client, "LICENSE"));
  cpSync(join(root, "node_modules/idb/LICENSE"), join(client, "LICENSE-idb"));
  const emit = { allowJs: true, noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: types, rootDir: client };
  writeFileSync(config, JSON.stringify({ extends: "../jsconfig.json", compilerOptions: emit, include: ["**/*.js"], exclude: ["vendor"] }));
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], { stdio: "inherit" });
  for (const name of INNER) rmSync(join(types, name), { recursive: true });
  rmSync(config);
}
