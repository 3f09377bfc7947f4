import { renameSync, writeFileSync } from "node:fs";
import type { Descriptor } from "../../core/descriptor.ts";
import type { Digest } from "../../core/digest.ts";
import { readIfThere } from "../../core/if-there.ts";
import { familiarReference, parseReference } from "../../core/reference.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { temporaryPath } from "../content/temporary.ts";
import type { Paths } from "../paths.ts";

export interface IndexEntry {
  readonly digest: Digest;
  readonly type: string;
  readonly size: number;
  /** Full reference; null for an image without a tag. */
  readonly reference: string | null;
}

/**
 * Writes index.json of the OCI layout (image-spec, image-layout.md#indexjson-file): one descriptor per tag, named as users name it,
 * so that other tools read "oci:<root>:debian:bookworm". Derived from the database and never read by this program.
 */
export function writeIndex(paths: Paths, entries: readonly IndexEntry[]): void {
  const text = JSON.stringify({
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.index,
    manifests: entries.map(describe),
  });
  // As after a build that found everything in the cache, which would wait for the filesystem.
  if (readIfThere(paths.index) === text) return;
  const temporary = temporaryPath(paths);
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, paths.index);
}

function describe({ digest, type, size, reference }: IndexEntry): Descriptor {
  const annotations =
    reference === null
      ? {}
      : {
          annotations: {
            "io.containerd.image.name": reference,
            "org.opencontainers.image.ref.name": familiarReference(parseReference(reference)),
          },
        };
  return { mediaType: type, digest, size, ...annotations };
}
