// Bundles cli/main.ts into dist/, one chunk for each lazily imported part, so that a command loads only what it needs.
// dist/inputs.json lists what went in, with sizes and times; while nothing of it changed, the bundle is up to date.
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const dist = path.join(root, "dist");
const record = path.join(dist, "inputs.json");

if (!isCurrent()) await bundle();

function isCurrent() {
  try {
    const inputs = JSON.parse(readFileSync(record, "utf8"));
    return Object.entries(inputs).every(([file, stamp]) => stamp === stampOf(file));
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
    outdir: fresh,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // Native code is found at run time, beside the bundle.
    external: ["better-sqlite3", "*.node"],
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module";const require = makeRequire(import.meta.url);',
    },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "linked",
    metafile: true,
    logLevel: "warning",
  });
  const inputs = [...Object.keys(metafile.inputs), "scripts/build-bundle.js", "package-lock.json"];
  writeFileSync(
    path.join(fresh, "inputs.json"),
    JSON.stringify(Object.fromEntries(inputs.map((file) => [file, stampOf(file)]))),
  );
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}
