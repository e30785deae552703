/**
 * Build static/vendor/ from the packages that package-lock.json pins: one module, the licences of all that is in
 * it, and types for the checker. With --check nothing is written, and it fails where a rebuild would differ.
 */

import { build } from "esbuild";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const target = join(root, "static", "vendor");
const entry = join(here, "codemirror.js");

/**
 * CodeMirror writes its styles into a style element, which a strict Content-Security-Policy forbids, unless its
 * root is a shadow root; there it uses adoptedStyleSheets, which any root has by now. One condition decides.
 *
 * @type {import("esbuild").Plugin}
 */
const adoptStyles = {
  name: "adopt-styles",
  setup({ onLoad }) {
    onLoad({ filter: /style-mod\.js$/ }, ({ path }) => {
      const source = readFileSync(path, "utf8");
      const contents = source.replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets");
      if (contents === source) throw new Error("style-mod has changed: see adoptStyles in scripts/vendor/build.mjs");
      return { contents, loader: "js" };
    });
  },
};

const result = await build({
  entryPoints: [entry],
  absWorkingDir: root,
  bundle: true,
  plugins: [adoptStyles],
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "none", // all licences stand in LICENSES.txt
  metafile: true,
  write: false,
  outfile: join(target, "codemirror.js"),
});

/** @returns {string[]} folders of the packages that went into the bundle, sorted */
function packages() {
  const inputs = Object.keys(result.metafile.inputs).filter((path) => path.startsWith("node_modules/"));
  const names = inputs.map((path) => {
    const [first, second] = path.slice("node_modules/".length).split("/");
    return first.startsWith("@") ? `${first}/${second}` : first;
  });
  return [...new Set(names)].sort();
}

/** @param {string} name */
function describe(name) {
  const folder = join(root, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} has no licence file`);
  return { name, version, license, text: readFileSync(join(folder, file), "utf8").trim() };
}

const parts = packages().map(describe);
const list = parts.map(({ name, version }) => `${name} ${version}`).join(", ");
const licences = parts.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`);

/** @type {Record<string, string>} */
const files = {
  "codemirror.js": `// Built by scripts/vendor/build.mjs of ${list}. Licences: LICENSES.txt\n${result.outputFiles[0].text}`,
  "codemirror.d.ts": readFileSync(entry, "utf8").replace(/^\/\/.*\n/, "// Types of codemirror.js; written by scripts/vendor/build.mjs.\n"),
  "LICENSES.txt": `What codemirror.js is made of; style-mod with one condition changed, see scripts/vendor/build.mjs.\n\n${licences.join("\n----\n\n")}`,
};

const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(files)) {
  const path = join(target, name);
  if (!check) writeFileSync(path, text);
  else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`${relative(root, path)} is not what scripts/vendor/build.mjs makes: run npm run vendor`);
    process.exitCode = 1;
  }
}
if (!check) console.log(`${list}: ${Math.round(files["codemirror.js"].length / 1024)} KiB`);
