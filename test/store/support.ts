import { closeSync, readFileSync } from "node:fs";
import { type Digest, digestOf } from "../../core/digest.ts";
import type { Mount } from "../../core/mount.ts";
import type { ImageConfig } from "../../image/config.ts";
import { loadKernel } from "../../native/binding.ts";
import { openStore, type StoreOptions } from "../../store/open-store.ts";
import type { Store } from "../../store/types.ts";
import { Scratch } from "../support/scratch.ts";
import { testedDriver } from "../support/snapshot-driver.ts";

export const kernel = loadKernel();

export const openAt = (root: string, options: Partial<StoreOptions> = {}): Promise<Store> =>
  openStore(root, { kernel, ...options });

/** A store on a root of its own; both end with it. */
export class TestStore implements AsyncDisposable {
  readonly #scratch: Scratch;
  readonly store: Store;

  constructor(scratch: Scratch, store: Store) {
    this.#scratch = scratch;
    this.store = store;
  }

  static async open(options: Partial<StoreOptions> = {}): Promise<TestStore> {
    const scratch = new Scratch();
    return new TestStore(
      scratch,
      await openStore(scratch.join("root"), { kernel, ...testedDriver(), ...options }),
    );
  }

  get root(): string {
    return this.#scratch.join("root");
  }

  /** The same root as another process would open it. */
  async again(options: Partial<StoreOptions> = {}): Promise<Store> {
    return openAt(this.root, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }
}

/** The text of each path under a root filesystem's mounts. */
export async function readMounted(
  mounts: readonly Mount[],
  ...paths: readonly string[]
): Promise<readonly string[]> {
  const root = await kernel.openRootfs(mounts);
  try {
    return paths.map((path) => readFileSync(`/proc/self/fd/${root}/${path}`, "utf8"));
  } finally {
    closeSync(root);
  }
}

export async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

export async function text(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** A minimal image over these layers; `name` makes it differ from others. */
export const imageConfig = (name: string, layers: readonly Digest[] = []): ImageConfig => ({
  created: "2024-05-06T07:08:09Z",
  author: name,
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: layers },
});

export const missingDigest = digestOf("never stored");
