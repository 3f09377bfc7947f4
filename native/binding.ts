import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Failure } from "../core/errors.ts";
import { FileTable, type PackedRows, unpackStats } from "./file-table.ts";
import type { Inflated, Kernel, WrittenLayer } from "./kernel.ts";
import { type PackedLayer, packLayer } from "./layer-pack.ts";
import { type PackedFingerprints, unpackFingerprints } from "./packed-fingerprints.ts";
import { type PackedTexts, packTexts } from "./packed-texts.ts";

/** What the addon exports: Kernel's functions, some with their values packed. */
type Addon = Omit<Kernel, keyof Packed> & Packed;

interface Packed {
  statInRoot(root: number, path: string): PackedRows;
  statManyInRoot(root: number, paths: PackedTexts): Promise<PackedRows>;
  scan(root: number, path: string, prune: readonly string[]): Promise<PackedRows>;
  isUnchanged(root: number, path: string, files: PackedRows): Promise<boolean>;
  fingerprintFiles(root: number, paths: PackedTexts): Promise<PackedFingerprints>;
  readXattrs(root: number, path: string): readonly (readonly [string, Buffer])[];
  writeLayer(out: number, root: number, layer: PackedLayer): Promise<WrittenLayer>;
  inflate(
    from: number,
    to: number,
    maxBytes: number | undefined,
    keep: number | undefined,
  ): Promise<Inflated>;
  /** `threads`: how many, for tests; the bytes are the same. */
  deflate(from: number, to: number, format: string, level: number, threads?: number): Promise<Inflated>;
  /** Ends running jobs, so that none delays or outlives the end of the process. */
  stop(): void;
}

let loaded: Kernel | undefined;

/** The kernel behind the addon; loaded at the first call. Throws ADDON_MISSING. */
export function loadKernel(): Kernel {
  loaded ??= bind(guard(loadAddon()));
  return loaded;
}

function loadAddon(): Addon {
  const path = join(packageRoot(), "build", "Release", "kernel.node");
  try {
    return createRequire(import.meta.filename)(path) as Addon;
  } catch (cause) {
    throw new Failure("ADDON_MISSING", { path }, { cause, hint: "build it with: npm run build:native" });
  }
}

/** The folder of package.json, which is one above this file in a checkout and one above the bundle in a package. */
function packageRoot(): string {
  return dirname(import.meta.dirname);
}

function bind(addon: Addon): Kernel {
  process.once("exit", () => addon.stop());
  return {
    ...addon,
    statInRoot: (root, path) => unpackStats(addon.statInRoot(root, path)).at(0),
    statManyInRoot: async (root, paths) => unpackStats(await addon.statManyInRoot(root, packTexts(paths))),
    scan: async (root, path, options) => new FileTable(await addon.scan(root, path, options?.prune ?? [])),
    isUnchanged: (root, path, files) => addon.isUnchanged(root, path, files.packed),
    fingerprintFiles: async (root, paths) =>
      unpackFingerprints(await addon.fingerprintFiles(root, packTexts(paths))),
    readXattrs: (root, path) => new Map(addon.readXattrs(root, path)),
    writeLayer: async (out, root, entries) => addon.writeLayer(out, root, packLayer(entries)),
    deflate: (from, to, { format, level }) => addon.deflate(from, to, format, level),
    inflate: (from, to, options) => addon.inflate(from, to, options?.maxBytes, options?.keep),
  };
}

/** The same functions, their errors turned into Failures. */
function guard(addon: Addon): Addon {
  const guarded = Object.entries(addon).map(([name, call]) => [name, guardCall(call)] as const);
  return Object.fromEntries(guarded) as unknown as Addon;
}

type Call = (...args: unknown[]) => unknown;

function guardCall(call: unknown): Call {
  return (...args) => {
    try {
      const result = (call as Call)(...args);
      return result instanceof Promise ? result.catch(rethrow) : result;
    } catch (error) {
      return rethrow(error);
    }
  };
}

interface AddonError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly path?: string;
}

function rethrow(thrown: unknown): never {
  const error = thrown as AddonError;
  if (error.code === "ARCHIVE_INVALID") throw new Failure("ARCHIVE_INVALID", { why: error.message });
  if (error.syscall === undefined) throw thrown;
  const { syscall, code = "EUNKNOWN", path } = error;
  throw new Failure(
    "SYSCALL_FAILED",
    { syscall, errno: code, ...(path === undefined ? {} : { path }) },
    { cause: error },
  );
}
