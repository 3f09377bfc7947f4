// What the set-up scripts share: running a program quietly, and node-gyp with the right headers.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");

export function say(text) {
  process.stdout.write(`setup: ${text}\n`);
}

export function fail(text) {
  process.stderr.write(`setup: ${text}\n`);
  process.exit(1);
}

/** Shows the program's output only when it fails, and ends this process then. */
export function run(command, args, cwd) {
  const options = { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8", maxBuffer: 64 << 20 };
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, options);
  if (status === 0) return;
  process.stderr.write(`${`${stdout ?? ""}${stderr ?? ""}`.split("\n").slice(-60).join("\n")}\n`);
  fail(`${command} ${args.join(" ")} failed (${error?.message ?? signal ?? `exit status ${status}`})`);
}

export function nodeGyp(args, cwd) {
  const gyp = require.resolve("node-gyp/bin/node-gyp.js");
  const jobs = `--jobs=${availableParallelism()}`;
  run(process.execPath, [gyp, ...args, "--release", "--loglevel=warn", jobs, ...headers()], cwd);
}

/** Points node-gyp at the installed headers of this Node; without them it downloads them once. */
function headers() {
  const major = new RegExp(`NODE_MAJOR_VERSION ${process.versions.node.split(".")[0]}\\b`);
  const found = [path.resolve(path.dirname(process.execPath), ".."), "/usr", "/usr/local"].find(
    (directory) => {
      const version = path.join(directory, "include/node/node_version.h");
      return existsSync(version) && major.test(readFileSync(version, "utf8"));
    },
  );
  return found === undefined ? [] : [`--nodedir=${found}`];
}
