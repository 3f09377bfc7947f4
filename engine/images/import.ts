import { applyChanges } from "../../builder/dockerfile/resolve/apply-changes.ts";
import type { Digest } from "../../core/digest.ts";
import { Failure } from "../../core/errors.ts";
import { hostPlatform, type Platform } from "../../core/platform.ts";
import { type Abortable, type ByteStream, readAll } from "../../core/streams.ts";
import { looksLikeTar } from "../../image/sniff.ts";
import type { Store } from "../../store/types.ts";

export interface ImportOptions extends Abortable {
  readonly reference?: string;
  readonly message?: string;
  readonly changes?: readonly string[];
  readonly platform?: Platform;
}

/** Makes an image of one layer, the tar as it came, and of what the changes say. */
export async function importImage(store: Store, source: ByteStream, options: ImportOptions): Promise<Digest> {
  const { reference, message = "Imported from -", changes = [], platform = hostPlatform(), signal } = options;
  const config = applyChanges({}, changes);
  await using _lease = store.leases.open("import");
  const { diffId } = await store.layers.adopt(source, signal === undefined ? {} : { signal });
  await requireTar(store, diffId);
  const created = new Date().toISOString();
  await store.flush();
  const { id } = await store.images.publish(
    {
      config: {
        created,
        ...platform,
        config,
        rootfs: { type: "layers", diff_ids: [diffId] },
        history: [{ created, comment: message }],
      },
    },
    reference === undefined ? [] : [reference],
  );
  return id;
}

const BLOCK = 512;

/** What is no archive would only show when a container is started on it. */
async function requireTar({ content }: Store, diffId: Digest): Promise<void> {
  const head = await readAll(await content.read(diffId, { start: 0, end: BLOCK }), BLOCK);
  // An archive of nothing begins with the zero block that ends it.
  if (!looksLikeTar(head) && !(head.length === BLOCK && head.every((byte) => byte === 0)))
    throw new Failure("ARCHIVE_INVALID", { why: "not a tar" });
}
