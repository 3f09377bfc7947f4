// Runs tests with an addon that is built under AddressSanitizer and UndefinedBehaviorSanitizer: those named, or those of the native code.
// Needs root: the addon takes the place of build/Release in a mount namespace of these tests alone.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fail, nodeGyp, root, say } from "./run.js";

const folder = join(root, "build/sanitized");
/** GCC's warnings are made for the code without the sanitizers' own. */
const FLAGS =
  "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g -Wno-error";

/** A second place to build from the same sources; make(1) compiles what changed. */
function build() {
  mkdirSync(folder, { recursive: true });
  for (const name of ["binding.gyp", "native", "node_modules"]) {
    if (!existsSync(join(folder, name))) symlinkSync(join(root, name), join(folder, name));
  }
  say("compiling the native core with sanitizers (about three minutes)");
  Object.assign(process.env, { CXXFLAGS: FLAGS, LDFLAGS: "-fsanitize=address,undefined" });
  nodeGyp(["configure"], folder);
  // Not the launcher, which is linked statically.
  nodeGyp(["build", "kernel"], folder);
}

/** The sanitizers come before all else; they take over C++'s exceptions, whose library Node has linked into itself. */
function preloaded() {
  const find = (name) => execFileSync("g++", [`-print-file-name=${name}`], { encoding: "utf8" }).trim();
  return ["libasan.so", "libubsan.so", "libstdc++.so.6"].map(find).join(" ");
}

/** Node under the sanitizers; programs that it starts are not what is looked at. */
function writeNode() {
  const path = join(folder, "node");
  const alone =
    "data:text/javascript,delete process.env.LD_PRELOAD;process.execPath=process.env.SANITIZED_NODE";
  const script = `#!/bin/sh\nLD_PRELOAD="${preloaded()}" exec "${process.execPath}" --import "${alone}" "$@"\n`;
  writeFileSync(path, script, { mode: 0o755 });
  return path;
}

function test(patterns) {
  const released = join(root, "build/Release");
  const sanitized = join(folder, "build/Release");
  copyFileSync(join(released, "launcher"), join(sanitized, "launcher"));
  const node = writeNode();
  // Memory that Node keeps until it ends is no leak.
  const env = { ...process.env, SANITIZED_NODE: node, ASAN_OPTIONS: "detect_leaks=0" };
  // Mocha's own program would start another Node.
  const mocha = [join(root, "node_modules/mocha/lib/cli/cli.js"), "--timeout", "600000", ...patterns];
  const script = 'mount --bind "$1" "$2"; shift 2; exec "$@"';
  const args = ["--mount", "sh", "-euc", script, "sanitize", sanitized, released];
  const command = [node, "--import", "tsx/esm", ...mocha];
  return spawnSync("unshare", [...args, ...command], { cwd: root, env, stdio: "inherit" }).status ?? 1;
}

if (process.getuid?.() !== 0) fail("sanitized tests need root");
build();
const patterns = process.argv.slice(2);
process.exitCode = test(patterns.length > 0 ? patterns : ["test/native/**/*.test.ts"]);
