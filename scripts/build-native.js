// Builds build/Release/kernel.node and build/Release/launcher with node-gyp, from the running Node's own headers where they are installed.
// Does nothing when the outputs were made from exactly these inputs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail, nodeGyp, root, say } from "./run.js";

const outputs = ["kernel.node", "launcher"].map((name) => join(root, "build/Release", name));
const stamp = join(root, "build/Release/inputs.sha256");

const libraries = [
  { module: "libseccomp", package: "libseccomp-dev" },
  { module: "libzstd", package: "libzstd-dev" },
  { module: "libcrypto", package: "libssl-dev" },
  { module: "liblzma", package: "liblzma-dev" },
  { module: "libisal", package: "libisal-dev" },
  { module: "zlib", package: "zlib1g-dev" },
];
const tools = [
  { command: "g++", package: "g++" },
  { command: "make", package: "make" },
  { command: "python3", package: "python3" },
  { command: "pkg-config", package: "pkg-config" },
];

const runs = (command, args) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

function missingPackages() {
  const missing = tools.filter((tool) => !runs(tool.command, ["--version"]));
  const absent = libraries.filter((library) => !runs("pkg-config", ["--exists", library.module]));
  const bzip2 = existsSync("/usr/include/bzlib.h") ? [] : [{ package: "libbz2-dev" }];
  return [...missing, ...absent, ...bzip2].map((entry) => entry.package);
}

function inputDigest() {
  const hash = createHash("sha256").update(`${process.version} ${process.arch}\0`);
  const sources = ["native/src", "native/launcher"].flatMap((directory) =>
    readdirSync(join(root, directory), { recursive: true })
      .map((name) => join(directory, String(name)))
      .filter((name) => /\.(cc|h)$/.test(name)),
  );
  for (const name of ["binding.gyp", "scripts/build-native.js", ...sources.sort()]) {
    hash.update(`${name}\0`).update(readFileSync(join(root, name)));
  }
  return hash.digest("hex");
}

function build(digest) {
  const missing = missingPackages();
  if (missing.length > 0) {
    fail(`missing ${missing.join(", ")}\n  install with: apt-get install -y ${missing.join(" ")}`);
  }
  rmSync(stamp, { force: true });
  say("compiling the native core (about a minute)");
  nodeGyp(["configure", "build"], root);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

const digest = inputDigest();
const current =
  existsSync(stamp) && readFileSync(stamp, "utf8") === digest && outputs.every((path) => existsSync(path));
if (!current) build(digest);
