import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { LayoutSource } from "../../builder/ports.ts";
import type { Digest } from "../../core/digest.ts";
import { describeError, Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import { type ImageIndex, parseManifest } from "../../image/manifest.ts";
import type { LayoutImage } from "../api.ts";
import { LayoutFolder } from "./layout-folder.ts";

const INDEX_LIMIT = 4 * 1024 * 1024;
/** What a layout calls its images: containerd the whole name beside the tag. */
const NAMES = ["org.opencontainers.image.ref.name", "io.containerd.image.name"];
const DEFAULT_TAG = "latest";

/** See BuildService.openLayout(). OCI image-spec, image-layout.md. */
export async function openLayout(path: string, { tag, digest }: LayoutImage = {}): Promise<LayoutSource> {
  const found = digest ?? chosen(path, await readIndex(path), tag);
  return { digest: found, path, blob: (blob) => readBlob(path, blob) };
}

async function readIndex(path: string): Promise<ImageIndex> {
  try {
    const raw = await readAll(createReadStream(join(path, "index.json")), INDEX_LIMIT);
    const index = parseManifest(raw);
    if (index.kind === "index") return index;
  } catch (cause) {
    throw invalid(path, describeError(cause), cause);
  }
  throw invalid(path, "index.json is no index");
}

/** The image of that name; without one, the latest or the only one. */
function chosen(path: string, { manifests }: ImageIndex, tag: string | undefined): Digest {
  const namesOf = ({ annotations = {} }: (typeof manifests)[number]): readonly string[] =>
    NAMES.flatMap((name) => annotations[name] ?? []);
  const named = manifests.find((each) => namesOf(each).includes(tag ?? DEFAULT_TAG));
  const [only, ...others] = new Set(manifests.map(({ digest }) => digest));
  const found = named?.digest ?? (tag === undefined && others.length === 0 ? only : undefined);
  if (found !== undefined) return found;
  const names = [...new Set(manifests.flatMap(namesOf))].toSorted();
  const there = names.length === 0 ? `${manifests.length} without a name` : names.join(", ");
  throw invalid(path, `there is no image ${tag ?? DEFAULT_TAG} in it, but ${there}`);
}

async function* readBlob(path: string, digest: Digest): AsyncGenerator<Uint8Array> {
  const folder = new LayoutFolder(path);
  if ((await folder.size(digest)) === undefined) throw invalid(path, `blob ${digest} is missing`);
  yield* folder.read(digest);
}

const invalid = (path: string, why: string, cause?: unknown): Failure =>
  new Failure("CONTEXT_INVALID", { why: `OCI layout ${JSON.stringify(path)}: ${why}` }, { cause });
