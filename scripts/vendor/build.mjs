/**
 * Build what is vendored from the packages that package-lock.json pins: the editors' modules in static/vendor/, the
 * client's in static/client/vendor/ so that the client is whole by itself, the licences of all that is in them, and
 * types for the checker. With --check nothing is written, and it fails where a rebuild would differ.
 */

import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");

/** Where each entry beside this file goes. */
const TARGETS = { codemirror: "static/vendor", quill: "static/vendor", idb: "static/client/vendor" };

/** An entry that does more than export has its types from the package itself. @type {Record<string, string>} */
const TYPES = { quill: 'export { default } from "quill";\n' };

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

/**
 * @param {string} name of an entry
 * @returns {Promise<{ code: string, parts: ReturnType<typeof describe>[] }>}
 */
async function bundled(name) {
  const result = await build({
    entryPoints: [join(here, `${name}.js`)],
    absWorkingDir: root,
    bundle: true,
    plugins: [adoptStyles],
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none", // all licences stand in LICENSES.txt
    metafile: true,
    write: false,
    outfile: join(root, `${name}.js`),
  });
  return { code: result.outputFiles[0].text, parts: packages(Object.keys(result.metafile.inputs)).map(describe) };
}

/** @param {string[]} inputs @returns {string[]} folders of the packages that went into a bundle, sorted */
function packages(inputs) {
  const names = inputs.filter((path) => path.startsWith("node_modules/")).map((path) => {
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

/** @type {Record<string, string>} */
const files = {};
/** @type {string[]} */
const licences = [];
/** @type {string[]} */
const news = [];
for (const [name, folder] of Object.entries(TARGETS)) {
  const { code, parts } = await bundled(name);
  const list = parts.map(({ name, version }) => `${name} ${version}`).join(", ");
  const types = TYPES[name] ?? readFileSync(join(here, `${name}.js`), "utf8").replace(/^\/\/.*\n/, "");
  files[`${folder}/${name}.js`] = `// Built by scripts/vendor/build.mjs of ${list}. Licences: static/vendor/LICENSES.txt\n${code}`;
  files[`${folder}/${name}.d.ts`] = `// Types of ${name}.js; written by scripts/vendor/build.mjs.\n${types}`;
  licences.push(...parts.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}\n`));
  news.push(`${list}: ${Math.round(code.length / 1024)} KiB`);
}
// Quill's own rules for its editor, without the pointer to a source map that isn't here; the look is the page's.
const styles = readFileSync(join(root, "node_modules", "quill", "dist", "quill.core.css"), "utf8");
files["static/vendor/quill.css"] = `${styles.replace(/\n?\/\*# sourceMappingURL=.*?\*\//, "").trimEnd()}\n`;
files["static/vendor/LICENSES.txt"] =
  "What codemirror.js, quill.js, quill.css and client/vendor/idb.js are made of; style-mod with one condition changed, see\n" +
  `scripts/vendor/build.mjs.\n\n${licences.join("\n----\n\n")}`;

const check = process.argv.includes("--check");
for (const [name, text] of Object.entries(files)) {
  const path = join(root, name);
  if (!check) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`${name} is not what scripts/vendor/build.mjs makes: run npm run vendor`);
    process.exitCode = 1;
  }
}
if (!check) console.log(news.join("\n"));
