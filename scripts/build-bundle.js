// Bundles cli/main.ts into the chunks of dist/program.chunks and keeps the code V8 compiles from it, so that a command starts without parsing its program.
// dist/inputs.json lists what went in, with sizes and times; while nothing of it changed, the bundle is up to date. A bundle whose compiled code could not be kept
// has none: it works, and the next build makes it again.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { packChunks } from "../bin/program.cjs";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const dist = path.join(root, "dist");
const OWN = ["bin/program.cjs", "scripts/build-bundle.js", "scripts/cache-bundle.cjs", "package-lock.json"];
/** The commands that are run for it take a few seconds; with a launcher of another version they wait for ever. */
const CACHE_MS = 120_000;

/** undici's clients load node:http2, which takes longer than all of undici, and do without it where it is missing; nothing here speaks it. */
const withoutHttp2 = {
  name: "without-http2",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^node:http2$/ }, ({ importer }) =>
      importer.endsWith("/undici/lib/dispatcher/client-h2.js")
        ? { path: "./without-http2.cjs", external: true }
        : undefined,
    ),
};

/**
 * What undici's clients want of modules of Node that take as long to load as they do. Of node:http it is Node's limit for heads, by default, and the
 * class of what a server of Node's receives, which is never sent on here; node:assert loads what compares objects and shows where they differ.
 */
const INSTEAD = {
  "node:http": {
    importers: /\/undici\/lib\/(core\/util|dispatcher\/client)\.js$/,
    contents: "exports.maxHeaderSize = 16384; exports.IncomingMessage = class {};",
  },
  "node:assert": {
    importers: /\/undici\/lib\//,
    contents: `module.exports = (value, message = "an assertion of undici's failed") => {
      if (!value) throw message instanceof Error ? message : new Error(message);
    };`,
  },
};
const withoutSlowModules = {
  name: "without-slow-modules",
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^node:/ }, ({ path: name, importer }) =>
      INSTEAD[name]?.importers.test(importer)
        ? { path: name, namespace: withoutSlowModules.name }
        : undefined,
    );
    onLoad({ filter: /^node:/, namespace: withoutSlowModules.name }, ({ path: name }) => ({
      contents: INSTEAD[name].contents,
    }));
  },
};

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
  const { build, transform } = await import("esbuild");
  const fresh = `${dist}.${process.pid}`;
  // Split where something is imported lazily, which esbuild does for modules of ECMAScript only.
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outdir: fresh,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["*.node"],
    plugins: [withoutHttp2, withoutSlowModules],
    define: { "import.meta": "chunk" },
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "linked",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const [scripts, notices] = [".cjs", ".LEGAL.txt"].map((end) =>
    outputFiles.filter((output) => output.path.endsWith(end)),
  );
  const chunks = await Promise.all(
    scripts.map(async (output) => ({
      name: `./${path.basename(output.path)}`,
      source: await toScript(transform, output.text),
    })),
  );
  mkdirSync(fresh);
  writeFileSync(path.join(fresh, "program.chunks"), packChunks(chunks));
  writeFileSync(path.join(fresh, "LEGAL.txt"), notices.map(({ text }) => text).join("\n"));
  const sources = Object.keys(metafile.inputs).filter(
    (input) => !input.startsWith(`${withoutSlowModules.name}:`),
  );
  const files = Object.fromEntries([...sources, ...OWN].map((file) => [file, stampOf(file)]));
  if (keepCompiled(fresh))
    writeFileSync(path.join(fresh, "inputs.json"), JSON.stringify({ node: process.version, files }));
  publish(fresh);
}

/** True when the compiled code is in the bundle of this folder. Without it commands start more slowly, that is all. */
function keepCompiled(folder) {
  const scratch = mkdtempSync(path.join(tmpdir(), "slipway-cache-"));
  const script = path.join(root, "scripts/cache-bundle.cjs");
  // The commands that it runs listen for other signals.
  const options = { stdio: "inherit", timeout: CACHE_MS, killSignal: "SIGKILL" };
  const { status, signal, error } = spawnSync(process.execPath, [script, folder, scratch], options);
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  if (status === 0) return true;
  const why = error?.message ?? signal ?? `exit status ${status}`;
  process.stderr.write(`build-bundle: the compiled code could not be kept (${why})\n`);
  return false;
}

/** Puts a whole bundle in the place of the last one; others may be doing so too. */
function publish(fresh) {
  for (;;) {
    try {
      rmSync(dist, { recursive: true, force: true });
      return renameSync(fresh, dist);
    } catch (error) {
      if (error.code !== "ENOTEMPTY") throw error;
    }
  }
}

/** CommonJS: unlike a module of ECMAScript a script can be compiled ahead. It is run by node:vm, so it cannot import; it can require. */
async function toScript(transform, module) {
  const { code } = await transform(module, {
    format: "cjs",
    platform: "node",
    target: "node20",
    supported: { "dynamic-import": false },
    minifyWhitespace: true,
    minifySyntax: true,
    // Names are kept with the code of every chunk. Some libraries know a class by its name.
    minifyIdentifiers: !module.includes("constructor.name"),
    legalComments: "inline",
    logLevel: "warning",
  });
  return `(function(require,module,chunk){${code}})`;
}
