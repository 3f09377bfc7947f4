// Brings node_modules in line with package-lock.json and compiles better-sqlite3 against the running Node.
//
// Install scripts are not run: npm 10 runs them all, npm 11 none that is not approved, and better-sqlite3's would first try a
// download. The one that matters is done here, from source, with the headers beside the running Node when there are any.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, unlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(path.join(root, "package.json"));

if (!modulesAreCurrent()) {
  say("installing node_modules (npm ci)");
  // npm would empty the folder behind a link, which may serve other checkouts.
  const modules = path.join(root, "node_modules");
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) unlinkSync(modules);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], root);
}
if (!sqliteLoads()) {
  say("compiling better-sqlite3 (about a minute)");
  const gyp = require.resolve("node-gyp/bin/node-gyp.js");
  const jobs = `--jobs=${availableParallelism()}`;
  run(
    process.execPath,
    [gyp, "rebuild", "--release", "--loglevel=error", jobs, ...headers()],
    sqliteFolder(),
  );
  if (!sqliteLoads()) fail("better-sqlite3 was compiled but cannot be loaded");
}

/** npm leaves a copy of the lock it installed; equal versions everywhere mean nothing is to be done. */
function modulesAreCurrent() {
  const installed = path.join(root, "node_modules/.package-lock.json");
  if (!existsSync(installed)) return false;
  const have = JSON.parse(readFileSync(installed, "utf8")).packages;
  const want = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8")).packages;
  return Object.entries(want).every(
    ([name, entry]) => name === "" || entry.optional === true || have[name]?.version === entry.version,
  );
}

function sqliteFolder() {
  return path.dirname(require.resolve("better-sqlite3/package.json"));
}

/** In a process of its own: an addon of another ABI must not stay loaded here. */
function sqliteLoads() {
  const script = `new (require("better-sqlite3"))(":memory:").close()`;
  return spawnSync(process.execPath, ["-e", script], { cwd: root, stdio: "ignore" }).status === 0;
}

/** Distribution packages of Node carry its headers; without them node-gyp downloads them once. */
function headers() {
  const prefix = path.resolve(path.dirname(process.execPath), "..");
  return existsSync(path.join(prefix, "include/node/node.h")) ? [`--nodedir=${prefix}`] : [];
}

function run(command, args, cwd) {
  const options = { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 64 << 20 };
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, options);
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`.split("\n").slice(-40).join("\n"));
  fail(`${command} ${args.join(" ")} failed (${error?.message ?? signal ?? `exit status ${status}`})`);
}

function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}
