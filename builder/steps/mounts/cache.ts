import { chmodSync, chownSync, closeSync, constants, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { digestOf, hexOf } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { temporaryPath } from "../../../store/content/temporary.ts";
import { chainOf } from "../../cache/preimage.ts";
import { type CacheMount, layersOf, type Outcomes } from "../../plan/step.ts";
import type { StepContext } from "../step-context.ts";
import type { Prepared, Preparing } from "./prepare-mounts.ts";
import { restoreMount } from "./restore-mount.ts";

const DEFAULT_OWNER = { mode: 0o755, uid: 0, gid: 0 };

/** Which directory a cache is: what it begins with counts beside its id. */
export function cacheNameOf({ id, from, owner }: CacheMount, outcomes: Outcomes): string {
  const begin = from === undefined ? null : [chainOf(layersOf(outcomes, from.step)), from.path];
  return hexOf(digestOf(JSON.stringify([id, begin, owner ?? null])));
}

/** Mounts a directory that stays from one build to the next. */
export async function prepareCache(mount: CacheMount, preparing: Preparing): Promise<Prepared> {
  const { outcomes, context, signal, undo } = preparing;
  const { target, sharing, readOnly, id } = mount;
  const name = cacheNameOf(mount, outcomes);
  const cache = await context.cacheMounts.acquire(
    {
      name,
      description: id,
      sharing,
      begin: async () =>
        (await restoreMount({ name, id }, context, signal)) ?? (await begin(mount, outcomes, context)),
    },
    { signal },
  );
  context.mounts.use(name);
  undo.add(() => cache[Symbol.asyncDispose]());
  return { mounts: [{ kind: "host", target, path: cache.path, readOnly }] };
}

async function begin(
  { from, owner = DEFAULT_OWNER }: CacheMount,
  outcomes: Outcomes,
  context: StepContext,
): Promise<string> {
  const { store, lease } = context;
  const directory = from === undefined ? undefined : await unpacked(from, outcomes, context);
  if (directory !== undefined) return directory;
  const path = temporaryPath(store.paths);
  lease.temporary(path);
  mkdirSync(path);
  chownSync(path, owner.uid, owner.gid);
  // mkdir's mode is subject to the umask.
  chmodSync(path, owner.mode);
  return path;
}

/** The plan has put what the cache begins with into a layer of its own. */
async function unpacked(
  { step, path, name }: NonNullable<CacheMount["from"]>,
  outcomes: Outcomes,
  { store, lease, lazy, signal }: StepContext,
): Promise<string | undefined> {
  const [layer] = layersOf(outcomes, step);
  if (layer === undefined) return undefined;
  await lazy.bring([layer], signal);
  const tar = openSync(store.content.path(layer), constants.O_RDONLY);
  try {
    const directory = await store.layers.unpackArchive(tar, lease);
    if (directory === undefined)
      throw new Failure("COPY_SOURCE_MISSING", { source: path, where: name, why: "" });
    return join(directory, path);
  } finally {
    closeSync(tar);
  }
}
