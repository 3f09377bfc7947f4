// The program: chunks of CommonJS that `npm run build` bundles from cli/main.ts into one file, each with the code V8 compiled from it before.
// The file stays open, so that a process which loads a chunk late, a daemon say, gets its own one when the program was replaced meanwhile.
// Layout: four bytes, the length of the index (little-endian); the index, JSON: by a chunk's name [offset, length] of its source and of its
// code, offsets from the index's end; then sources and code.
"use strict";
const { openSync, readSync } = require("node:fs");
const { createRequire } = require("node:module");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

const ENTRY = "./main.cjs";
const LENGTH_BYTES = 4;

/**
 * Opens a file of chunks; undefined if there is none. It is never closed.
 * @param {string} file
 * @returns {undefined | Record<"source" | "code", (name: string) => Uint8Array | undefined> & {names: readonly string[]}}
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
  const part = (at) => at && read(LENGTH_BYTES + length + at[0], at[1]);
  return {
    names: Object.keys(index),
    source: (name) => part(index[name]?.source),
    code: (name) => part(index[name]?.code),
  };
};

/**
 * The bytes of a file of chunks.
 * @param {readonly {name: string, source: Uint8Array, code?: Uint8Array}[]} chunks
 */
exports.packChunks = (chunks) => {
  const bodies = [];
  let offset = 0;
  const add = (body) => {
    if (body === undefined) return undefined;
    const at = [offset, body.length];
    bodies.push(body);
    offset += body.length;
    return at;
  };
  const index = Object.fromEntries(
    chunks.map(({ name, source, code }) => [name, { source: add(source), code: add(code) }]),
  );
  const head = Buffer.from(JSON.stringify(index), "latin1");
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, ...bodies]);
};

/** V8 ignores code of another version or of other flags and compiles. */
const compile = (filename, source, cachedData) => new Script(source, { filename, cachedData });

/**
 * Runs a program once.
 * @param {NonNullable<ReturnType<typeof exports.openChunks>>} chunks
 * @param {string} folder where its chunks would lie: what they find is found from there
 * @param {{requireOther?: (name: string) => unknown, toScript?: (file: string, source: string, code?: Uint8Array) => Script}} [hooks]
 */
exports.runProgram = (chunks, folder, hooks = {}) => {
  const { requireOther = createRequire(path.join(folder, ENTRY)), toScript = compile } = hooks;
  const modules = new Map();
  const requireChunk = (name) => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const source = chunks.source(name);
    if (source === undefined) return requireOther(name);
    const file = path.join(folder, name);
    const module = { exports: {} };
    modules.set(name, module);
    // A chunk is ASCII, and latin1 needs no decoding.
    const script = toScript(file, source.latin1Slice(), chunks.code(name));
    script.runInThisContext()(requireChunk, module, pathToFileURL(file).href);
    return module.exports;
  };
  requireChunk(ENTRY);
};
