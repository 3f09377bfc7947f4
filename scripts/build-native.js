// Builds build/Release/kernel.node and build/Release/launcher with node-gyp, from the running Node's own headers where they are installed.
// Does nothing when the outputs were made from exactly these inputs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const outputs = ["kernel.node", "launcher"].map((name) => join(root, "build/Release", name));
const stamp = join(root, "build/Release/inputs.sha256");

const libraries = [
  { module: "libseccomp", package: "libseccomp-dev" },
  { module: "libzstd", package: "libzstd-dev" },
  { module: "libcrypto", package: "libssl-dev" },
  { module: "liblzma", package: "liblzma-dev" },
  { module: "libisal", package: "libisal-dev" },
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

/** Points node-gyp at the installed headers of this Node; without them it downloads them once. */
function headers() {
  const candidates = [resolve(dirname(process.execPath), ".."), "/usr", "/usr/local"];
  const found = candidates.find((directory) => {
    const version = join(directory, "include/node/node_version.h");
    return (
      existsSync(version) &&
      new RegExp(`NODE_MAJOR_VERSION ${process.versions.node.split(".")[0]}\\b`).test(
        readFileSync(version, "utf8"),
      )
    );
  });
  return found === undefined ? [] : [`--nodedir=${found}`];
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

function fail(message) {
  process.stderr.write(`build-native: ${message}\n`);
  process.exit(1);
}

function build(digest) {
  const missing = missingPackages();
  if (missing.length > 0) {
    fail(`missing ${missing.join(", ")}\n  install with: apt-get install -y ${missing.join(" ")}`);
  }
  rmSync(stamp, { force: true });
  const gyp = join(root, "node_modules/node-gyp/bin/node-gyp.js");
  const args = ["configure", "build", "--release", ...headers(), "-j", String(availableParallelism())];
  process.stdout.write("build-native: compiling the native core (about a minute)\n");
  const options = { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [gyp, ...args, "--loglevel=warn"], options);
  if (status !== 0) {
    process.stderr.write(`${stdout ?? ""}${stderr ?? ""}`);
    fail("node-gyp failed; its messages are above");
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

const digest = inputDigest();
const current =
  existsSync(stamp) && readFileSync(stamp, "utf8") === digest && outputs.every((path) => existsSync(path));
if (!current) build(digest);
