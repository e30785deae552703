/**
 * Pack the client for npm, with types made of its JSDoc: `npm run pack-client [-- FOLDER]`, into dist/ if no folder is
 * given. It is put together in a folder of its own, for a type beside its source would be taken for that by the checker.
 */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = resolve(process.argv[2] ?? join(root, "dist"));
const work = mkdtempSync(join(tmpdir(), "collab-client-"));
const made = join(work, "package");

/** What no type of the package leads to: it is loaded by `open`, and by nobody else. */
const INNER = ["offline", "offline.d.ts", "vendor"];

try {
  const types = join(work, "types");
  cpSync(join(root, "static/client"), made, { recursive: true });
  cpSync(join(root, "LICENSE"), join(made, "LICENSE"));
  cpSync(join(root, "node_modules/idb/LICENSE"), join(made, "vendor/LICENSE-idb"));
  rmSync(join(made, "vendor/idb.d.ts"));
  const { scripts: _scripts, ...manifest } = JSON.parse(readFileSync(join(made, "package.json"), "utf8"));
  writeFileSync(join(made, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(
    join(work, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "static/jsconfig.json"),
      compilerOptions: { allowJs: true, noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: types, rootDir: join(root, "static/client") },
      include: [join(root, "static/client/**/*.js")],
      exclude: [join(root, "static/client/vendor")],
    }),
  );
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", work], { stdio: "inherit" });
  for (const name of INNER) rmSync(join(types, name), { recursive: true, force: true });
  cpSync(types, made, { recursive: true });
  mkdirSync(target, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: made, stdio: "inherit" });
} finally {
  rmSync(work, { recursive: true });
}
