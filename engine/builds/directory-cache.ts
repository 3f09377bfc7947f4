import type { CacheBlobs, CacheLocation, CachePlace } from "../../builder/cache/remote/types.ts";
import type { KernelFiles } from "../../native/kernel.ts";
import type { Store } from "../../store/types.ts";
import { LayoutCache } from "./layout-cache.ts";
import { LayoutFolder } from "./layout-folder.ts";

type Directory = Extract<CacheLocation, { readonly kind: "directory" }>;

/** A cache in a folder of this machine. */
export function directoryCache(
  { store, kernel }: { readonly store: Store; readonly kernel: Pick<KernelFiles, "tryLock"> },
  at: Directory,
): CachePlace {
  const folder = new LayoutFolder(at.path, kernel);
  const blobs: CacheBlobs = {
    find: () => folder.find(at),
    read: (digest) => folder.read(digest),
    write: async ({ digest }, content) => {
      if ((await folder.size(digest)) === undefined) await folder.write(digest, await content());
    },
    name: (manifest) => folder.name(manifest, at.tag),
  };
  return new LayoutCache(store, { name: at.path, blobs });
}
