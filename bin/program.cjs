// The program: chunks of CommonJS that `npm run build` bundles from cli/main.ts into one file, each with the code V8 compiled from it before.
// The file stays open, so that a process which loads a chunk late, a daemon say, gets its own one when the program was replaced meanwhile.
// Layout: four bytes, the length of the index (little-endian); the index, JSON: by a chunk's name [offset from the index's end, length of its
// source, length of its code]; then the chunks, each its source and its code.
"use strict";
const { openSync, readSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

const ENTRY = "./main.cjs";
const LENGTH_BYTES = 4;

/**
 * Opens a file of chunks; undefined if there is none. It is never closed.
 * @param {string} file
 * @returns {undefined | {names: readonly string[], chunk: (name: string) => undefined | {source: string, code?: Uint8Array}}}
 */
exports.openChunks = (file) => {
  let fd;
  try {
    fd = openSync(file);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  const read = (offset, length) => {
    const bytes = Buffer.allocUnsafeSlow(length);
    if (readSync(fd, bytes, 0, length, offset) !== length) throw new Error(`${file} is cut short`);
    return bytes;
  };
  const length = read(0, LENGTH_BYTES).readUInt32LE();
  const index = JSON.parse(read(LENGTH_BYTES, length).toString("latin1"));
  return {
    names: Object.keys(index),
    chunk: (name) => {
      if (index[name] === undefined) return undefined;
      const [offset, source, code] = index[name];
      const bytes = read(LENGTH_BYTES + length + offset, source + code);
      // A chunk is ASCII, and latin1 needs no decoding.
      return { source: bytes.latin1Slice(0, source), code: code > 0 ? bytes.subarray(source) : undefined };
    },
  };
};

/**
 * The bytes of a file of chunks.
 * @param {readonly {name: string, source: string, code?: Uint8Array}[]} chunks
 */
exports.packChunks = (chunks) => {
  const bodies = [];
  const index = {};
  let offset = 0;
  for (const { name, source, code = Buffer.alloc(0) } of chunks) {
    index[name] = [offset, source.length, code.length];
    bodies.push(Buffer.from(source, "latin1"), code);
    offset += source.length + code.length;
  }
  const head = Buffer.from(JSON.stringify(index), "latin1");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...bodies]);
};

/** Modules of Node that take milliseconds to load, and that many a command imports and never uses. */
const SLOW = new Set([
  "child_process",
  "crypto",
  "dgram",
  "dns",
  "fs/promises",
  "http",
  "https",
  "net",
  "stream",
  "stream/promises",
  "timers/promises",
  "tls",
  "zlib",
]);

/** A module that is loaded when something of it is looked at. */
const lazily = (load) => {
  let module;
  const loaded = () => {
    module ??= load();
    return module;
  };
  return new Proxy(Object.create(null), {
    get: (_target, key) => loaded()[key],
    has: (_target, key) => key in loaded(),
    ownKeys: () => Reflect.ownKeys(loaded()),
    getOwnPropertyDescriptor: (_target, key) => ({
      ...Reflect.getOwnPropertyDescriptor(loaded(), key),
      configurable: true,
    }),
  });
};

/** import.meta of a chunk. */
const metaOf = (filename) => ({
  filename,
  dirname: path.dirname(filename),
  get url() {
    return pathToFileURL(filename).href;
  },
});

/** V8 ignores code of another version or of other flags and compiles. */
const compile = (filename, source, cachedData) => new Script(source, { filename, cachedData });

/**
 * Runs a program once.
 * @param {NonNullable<ReturnType<typeof exports.openChunks>>} chunks
 * @param {string} folder where its chunks would lie: what they find is found from there
 * @param {{requireOther?: (name: string) => unknown, toScript?: (file: string, source: string, code?: Uint8Array) => Script}} [hooks]
 */
exports.runProgram = (chunks, folder, hooks = {}) => {
  const { requireOther = require, toScript = compile } = hooks;
  const modules = new Map();
  const requireLazily = (name) => {
    // Takes longer to load than what all of its users want of it, which is this.
    if (name === "node:module") return { createRequire: () => requireOther };
    return SLOW.has(name.replace("node:", "")) ? lazily(() => requireOther(name)) : requireOther(name);
  };
  const requireChunk = (name) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const chunk = chunks.chunk(name);
    if (chunk === undefined) return requireLazily(name);
    const file = path.join(folder, name);
    const module = { exports: {} };
    modules.set(name, module);
    const script = toScript(file, chunk.source, chunk.code);
    script.runInThisContext()(requireChunk, module, metaOf(file));
    return module.exports;
  };
  requireChunk(ENTRY);
};
