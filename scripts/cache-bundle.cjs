// Runs a few commands of the bundle in this process, on a state root that is thrown away, and writes the code that V8 has compiled by then
// beside the bundle. What the commands print, and whether they succeed, does not matter.
const { mkdtempSync, readFileSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { tmpdir } = require("node:os");
const path = require("node:path");
const { Script } = require("node:vm");

const file = path.resolve(__dirname, "../dist/main.cjs");
const folder = mkdtempSync(path.join(tmpdir(), "slipway-cache-"));
const script = new Script(readFileSync(file, "latin1"), { filename: file });

const COMMANDS = [
  ["build", "--progress", "plain", "--tag", "warm", folder],
  ["build", "--quiet", "--tag", "warm", folder],
  ["create", "--name", "warm", "--network", "none", "warm", "/file"],
  ["ps", "--all"],
  ["images"],
  ["inspect", "warm"],
  ["rm", "warm"],
];

/** Resolves when the command wants to exit. */
function run(args) {
  return new Promise((resolve) => {
    process.argv = [process.execPath, "slipway", "--root", path.join(folder, "root"), ...args];
    process.exit = resolve;
    script.runInThisContext()(createRequire(file), file);
  });
}

async function main() {
  delete process.env.DOCKER_HOST;
  delete process.env.SLIPWAY_ROOT;
  writeFileSync(
    path.join(folder, "Dockerfile"),
    'FROM scratch\nARG A=1\nENV B=$A\nCOPY file /file\nCMD ["/file"]\n',
  );
  writeFileSync(path.join(folder, "file"), "content\n");
  const { exit } = process;
  const { write } = process.stdout;
  process.stdout.write = (_text, ...rest) => rest.at(-1)?.() ?? true;
  process.stderr.write = process.stdout.write;
  for (const args of COMMANDS) await run(args);
  process.stdout.write = write;
  writeFileSync(`${file}.cache`, script.createCachedData());
  rmSync(folder, { recursive: true, force: true });
  exit.call(process, 0);
}

void main();
