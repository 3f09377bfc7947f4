import { closeSync, createWriteStream, mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { describeError, Failure } from "../../core/errors.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import type { Kernel } from "../../native/kernel.ts";
import { temporaryPath } from "../../store/content/temporary.ts";
import type { Store, Tree } from "../../store/types.ts";
import type { ReceivedContext } from "../api.ts";

interface Parts {
  readonly store: Store;
  readonly kernel: Kernel;
}

/** Of what is free on the disk; what else runs needs some too. */
const SHARE = 0.8;

/** See BuildService.receive(). */
export async function receiveContext(
  { store, kernel }: Parts,
  tar: ByteStream,
  options: Abortable = {},
): Promise<ReceivedContext> {
  const fill = async (directory: string): Promise<void> => {
    const limit = roomIn(directory);
    const plain = store.layers.inflated(limited(tar, limit), { ...options, maxBytes: limit });
    await unpack(kernel, { tar: limited(plain, limit), directory }, options);
  };
  return newContext(store, fill, options);
}

/** A context in a folder of its own, which `fill` puts files into. */
export async function newContext(
  store: Store,
  fill: (directory: string) => Promise<void>,
  options: Abortable = {},
): Promise<ReceivedContext> {
  const lease = store.leases.open("build context");
  try {
    // Programs in it may be set-user-id: nobody else may come near them.
    const folder = temporaryPath(store.paths);
    lease.temporary(folder);
    mkdirSync(folder, { mode: 0o700 });
    const directory = join(folder, "context");
    mkdirSync(directory, { mode: 0o755 });
    await fill(directory);
    const tree = await store.trees.openDirectory(directory);
    return {
      directory,
      readText: (path) => readText(tree, path),
      async [Symbol.asyncDispose]() {
        tree[Symbol.dispose]();
        await lease[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    if (options.signal?.aborted === true)
      throw new Failure("CANCELLED", { what: "the upload of the build context" }, { cause: error });
    throw error;
  }
}

function roomIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor(bavail * bsize * SHARE);
}

/** Every entry of a tar has a header, so their number is bounded with their bytes. */
async function* limited(source: ByteStream, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > limit) throw new Failure("CONTEXT_TOO_LARGE", { limit });
    yield chunk;
  }
}

async function unpack(
  kernel: Kernel,
  { tar, directory }: { readonly tar: ByteStream; readonly directory: string },
  { signal }: Abortable,
): Promise<void> {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const [read, write] = kernel.pipe();
  const feeding = pipeline(
    tar,
    createWriteStream("", { fd: write }),
    ...(signal === undefined ? [] : [{ signal }]),
  );
  // Whoever stops reading breaks the pipe: then it is not the feeding that failed.
  const unpacking = kernel
    .unpackLayer(read, directory, { whiteouts: "keep", owner })
    .finally(() => closeSync(read));
  const [fed, unpacked] = await Promise.allSettled([feeding, unpacking]);
  if (fed.status === "rejected" && !isBrokenPipe(fed.reason)) throw fed.reason;
  if (unpacked.status === "rejected") throw unpacked.reason;
}

const isBrokenPipe = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "EPIPE";

function readText(tree: Tree, path: string): string {
  try {
    const text = tree.readText(join("/", path));
    if (text !== undefined) return text;
  } catch (cause) {
    throw new Failure("DOCKERFILE_UNREADABLE", { file: path, why: describeError(cause) }, { cause });
  }
  throw new Failure("DOCKERFILE_UNREADABLE", { file: path, why: "no such file or directory" });
}
