import { closeSync, mkdirSync, openSync } from "node:fs";
import { Failure } from "../../core/errors.ts";
import { loadKernel } from "../../native/binding.ts";
import type { LayerIndex } from "../../native/kernel.ts";
import type { Scratch } from "../support/scratch.ts";
import { differences, type TreeRecord, treeRecords } from "../support/tree-records.ts";
import { DIRECTORY, unpack, withOpen } from "./support.ts";

const UUID = Buffer.alloc(16, 7);

export const indexTar = (tar: string, to: string): Promise<LayerIndex> =>
  withOpen(tar, "r", (from) => withOpen(to, "w", (out) => loadKernel().indexLayer(from, out, UUID)));

/** Returns a descriptor of the root, with which the mount ends. */
export const mountIndex = (path: string, tar: string): Promise<number> =>
  loadKernel().openRootfs([{ type: "erofs", source: path, options: ["ro", `device=${tar}`] }]);

export async function recordsOf(
  open: () => number | Promise<number>,
): Promise<ReadonlyMap<string, TreeRecord>> {
  const root = await open();
  try {
    return await treeRecords(root);
  } finally {
    closeSync(root);
  }
}

/** What there is to say about an error, without the descriptors' numbers in paths. */
const refusalOf = (error: unknown): string => {
  if (!(error instanceof Failure)) throw error;
  const { code, detail } = error as Failure<"SYSCALL_FAILED">;
  return code === "SYSCALL_FAILED" ? `${detail.syscall} ${detail.errno}` : error.message;
};

export interface Compared {
  /** "mounted", "unfit", or why the layer was refused. */
  readonly outcome: string;
  /** Between the unpacked tree and the index mounted; both refusing the tar for one reason is none. */
  readonly differences: readonly string[];
  /** What the index mounted shows. */
  readonly index?: ReadonlyMap<string, TreeRecord>;
}

/** Unpacks and indexes one tar, the former into `out` of the scratch folder, which may hold paths too long for Node to remove. */
export async function compareIndex(scratch: Scratch, tar: string): Promise<Compared> {
  const out = scratch.join("out");
  await loadKernel().removeTree(out);
  mkdirSync(out, { mode: 0o755 });
  const path = scratch.join("layer.erofs");
  const unpacked = await unpack(tar, out, { whiteouts: "overlay" }).then(() => "mounted", refusalOf);
  const outcome = await indexTar(tar, path).then(
    ({ unfit }) => (unfit === undefined ? "mounted" : "unfit"),
    refusalOf,
  );
  if (outcome === "unfit") return { outcome, differences: [] };
  if (unpacked !== "mounted" || outcome !== "mounted") {
    const same = unpacked === outcome;
    return { outcome, differences: same ? [] : [`unpacking: ${unpacked}; indexing: ${outcome}`] };
  }
  const want = await recordsOf(() => openSync(out, DIRECTORY));
  const index = await recordsOf(() => mountIndex(path, tar));
  return { outcome, differences: differences(want, index), index };
}
