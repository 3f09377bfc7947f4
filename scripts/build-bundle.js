// Bundles cli/main.ts into dist/main.cjs and keeps the code V8 compiles from it, so that a command starts without parsing its program.
// dist/inputs.json lists what went in, with sizes and times; while nothing of it changed, the bundle is up to date.
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const dist = path.join(root, "dist");
const OWN = ["scripts/build-bundle.js", "scripts/cache-bundle.cjs", "package-lock.json"];

if (!isCurrent()) await bundle();

function isCurrent() {
  try {
    const { node, files } = JSON.parse(readFileSync(path.join(dist, "inputs.json"), "utf8"));
    return (
      node === process.version && Object.entries(files).every(([file, stamp]) => stamp === stampOf(file))
    );
  } catch {
    return false;
  }
}

function stampOf(file) {
  const { size, mtimeMs } = statSync(path.join(root, file));
  return `${size} ${mtimeMs}`;
}

async function bundle() {
  const { build } = await import("esbuild");
  const fresh = `${dist}.${process.pid}`;
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outfile: path.join(fresh, "main.cjs"),
    bundle: true,
    // CommonJS: unlike a module of ECMAScript a script can be compiled ahead. What is imported lazily is still run lazily.
    format: "cjs",
    platform: "node",
    target: "node20",
    // A script that is run by node:vm cannot import; it can require.
    supported: { "dynamic-import": false },
    external: ["*.node"],
    define: { "import.meta.url": "bundleUrl" },
    banner: {
      js: '(function(require,__filename){const bundleUrl=require("node:url").pathToFileURL(__filename).href;',
    },
    footer: { js: "})" },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
  });
  const files = Object.fromEntries(
    [...Object.keys(metafile.inputs), ...OWN].map((file) => [file, stampOf(file)]),
  );
  writeFileSync(path.join(fresh, "inputs.json"), JSON.stringify({ node: process.version, files }));
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
  const { status } = spawnSync(process.execPath, [path.join(root, "scripts/cache-bundle.cjs")], {
    stdio: "inherit",
  });
  // Without it commands start more slowly, that is all.
  if (status !== 0) process.stderr.write("build-bundle: the compiled code could not be kept\n");
}
