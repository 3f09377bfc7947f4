// cache-bundle.cjs BUNDLE SCRATCH: runs a few commands of the bundle in this process, on a state root in an empty folder, and adds the code that V8 has compiled by
// then to the bundle. What the commands print, and whether they succeed, does not matter.
const fs = require("node:fs");
const { request } = require("node:http");
const path = require("node:path");
const { Script } = require("node:vm");
const { openChunks, packChunks, runProgram } = require("../bin/program.cjs");

const { existsSync, renameSync, writeFileSync } = fs;
const [, , dist, folder] = process.argv;
const file = path.join(dist, "program.chunks");
const chunks = openChunks(file);
/** @type {Map<string, import("node:vm").Script>} */
const scripts = new Map();

/** One for all runs, so that it knows what any of them compiled. */
function toScript(name, source) {
  const script = scripts.get(name) ?? new Script(source, { filename: name });
  scripts.set(name, script);
  return script;
}

/** Hears what the commands print, which goes nowhere. */
let heard = (_text) => {};

/** In the place of modules of Node. */
const INSTEAD = {
  // V8 takes no code from a process whose flags were set differently.
  "node:v8": { setFlagsFromString() {} },
  "node:fs": {
    ...fs,
    // Never a terminal.
    fstatSync: (fd, ...rest) => (isOutput(fd) ? fs.statSync(file) : fs.fstatSync(fd, ...rest)),
    writeSync: (fd, bytes, ...rest) => {
      if (!isOutput(fd)) return fs.writeSync(fd, bytes, ...rest);
      heard(bytes.toString());
      return bytes.length;
    },
  },
};
const isOutput = (fd) => fd === 1 || fd === 2;
const requireOther = Object.assign((name) => INSTEAD[name] ?? require(name), { resolve: require.resolve });

const COMMANDS = [
  ["build", "--progress", "plain", "--tag", "warm", folder],
  ["build", "--quiet", "--tag", "warm", folder],
  ["run", "--rm", "--network", "none", "warm"],
  ["create", "--name", "warm", "--network", "none", "warm", "/file"],
  ["ps", "--all"],
  ["images"],
  ["inspect", "warm"],
  ["rm", "warm"],
];

/** The instructions of exit(0), and the number that ELF has for the processor. */
const EXIT = {
  x64: { machine: 62, code: "31ffb83c0000000f05" },
  arm64: { machine: 183, code: "000080d2a80b80d2010000d4" },
};

/** A program for a container without a C library; on other processors something that cannot be run. See elf(5). */
function exitProgram() {
  const { machine = 0, code = "" } = EXIT[process.arch] ?? {};
  const base = 0x400000;
  const headers = 64 + 56;
  const text = Buffer.from(code, "hex");
  const elf = Buffer.alloc(headers);
  elf.write("7f454c46020101", "hex");
  elf.writeUInt16LE(2, 16);
  elf.writeUInt16LE(machine, 18);
  elf.writeUInt32LE(1, 20);
  elf.writeUInt32LE(base + headers, 24);
  elf.writeUInt32LE(64, 32);
  elf.writeUInt16LE(64, 52);
  elf.writeUInt16LE(56, 54);
  elf.writeUInt16LE(1, 56);
  // One segment: all of the file, to be read and executed.
  elf.writeUInt32LE(1, 64);
  elf.writeUInt32LE(5, 68);
  elf.writeUInt32LE(base, 80);
  elf.writeUInt32LE(base, 88);
  elf.writeUInt32LE(headers + text.length, 96);
  elf.writeUInt32LE(headers + text.length, 104);
  elf.writeUInt32LE(0x1000, 112);
  return Buffer.concat([elf, text]);
}

/** Serves the API until it was asked for what clients ask for first; no container is started. */
async function serve() {
  const socketPath = path.join(folder, "daemon.sock");
  let over = false;
  const stopped = run(["daemon", "--host", `unix://${socketPath}`]).then(() => {
    over = true;
  });
  while (!over && !existsSync(socketPath)) await new Promise((resolve) => setTimeout(resolve, 10));
  const ask = (method, url, document) =>
    new Promise((resolve) => {
      const headers = { "content-type": "application/json" };
      const sent = request({ socketPath, method, path: url, headers }, (response) =>
        response.resume().on("end", resolve),
      );
      sent.on("error", resolve).end(document && JSON.stringify(document));
    });
  for (const url of ["/_ping", "/version", "/info", "/containers/json", "/images/json"])
    await ask("GET", url);
  const body = { Image: "warm", Cmd: ["/file"], HostConfig: { NetworkMode: "none" } };
  await ask("POST", "/containers/create?name=warm", body);
  await ask("DELETE", "/containers/warm");
  process.emit("SIGTERM", "SIGTERM");
  await stopped;
}

/** Serves while an image is pushed to it; the port is what it says. */
async function push() {
  let announced;
  const address = new Promise((resolve) => {
    announced = resolve;
  });
  heard = (text) => {
    const [, found] = /listening on (\S+)/.exec(text) ?? [];
    if (found !== undefined) announced(found);
  };
  void run(["registry", "serve", "--addr", "127.0.0.1:0"]);
  const name = `${await address}/warm`;
  await run(["tag", "warm", name]);
  await run(["push", name]);
  const stopped = exit();
  process.emit("SIGTERM", "SIGTERM");
  await stopped;
}

/** Resolves when a command wants to exit: any of those that run. */
const exit = () =>
  new Promise((resolve) => {
    process.exit = resolve;
  });

/** Resolves when the command wants to exit. */
function run(args) {
  const ended = exit();
  process.argv = [process.execPath, "slipway", "--root", path.join(folder, "root"), ...args];
  runProgram(chunks, dist, { requireOther, toScript });
  return ended;
}

async function main() {
  delete process.env.DOCKER_HOST;
  delete process.env.SLIPWAY_ROOT;
  writeFileSync(
    path.join(folder, "Dockerfile"),
    'FROM scratch\nARG A=1\nENV B=$A\nCOPY file /file\nCMD ["/file"]\nRUN --network=none ["/file"]\n',
  );
  writeFileSync(path.join(folder, "file"), exitProgram(), { mode: 0o755 });
  const { exit: leave } = process;
  // Every run listens for the end of the process.
  process.setMaxListeners(0);
  for (const args of COMMANDS) await run(args);
  await push();
  await serve();
  const compiled = chunks.names.map((name) => ({
    name,
    source: chunks.chunk(name).source,
    code: scripts.get(path.join(dist, name))?.createCachedData(),
  }));
  writeFileSync(`${file}.new`, packChunks(compiled));
  renameSync(`${file}.new`, file);
  leave.call(process, 0);
}

// Nothing to wait for is left when a command never ended.
process.exitCode = 1;
void main();
