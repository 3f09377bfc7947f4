import { createReadStream, existsSync } from "node:fs";
import { mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Descriptor } from "../../core/descriptor.ts";
import { algorithmOf, type Digest, hexOf } from "../../core/digest.ts";
import { newId } from "../../core/ids.ts";
import { type ByteStream, readAll } from "../../core/streams.ts";
import { writeFileFrom } from "../../core/write-file.ts";
import { parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import type { KernelFiles } from "../../native/kernel.ts";
import { FileLocks } from "../../store/locks.ts";

const TAG = "org.opencontainers.image.ref.name";
/** The lock that BuildKit's clients hold. https://github.com/moby/buildkit/blob/master/client/ociindex/ociindex.go */
const LOCK = "index.json.lock";
const INDEX_LIMIT = 4 << 20;

/** A folder that is an OCI image layout, or becomes one with what is put into it. OCI image-spec, image-layout.md. */
export class LayoutFolder {
  readonly path: string;
  readonly #kernel: Pick<KernelFiles, "tryLock"> | undefined;

  /** `kernel`: for name(). */
  constructor(path: string, kernel?: Pick<KernelFiles, "tryLock">) {
    this.path = path;
    this.#kernel = kernel;
  }

  /** What the layout names; nothing when there is none. Rejects with MANIFEST_INVALID and with faults of the file system. */
  async manifests(): Promise<readonly Descriptor[]> {
    const path = join(this.path, "index.json");
    if (!existsSync(path)) return [];
    const index = parseManifest(await readAll(createReadStream(path), INDEX_LIMIT), MEDIA_TYPES.index);
    return index.kind === "index" ? index.manifests : [];
  }

  /** What the layout has under a tag, or under a digest where that is given. */
  async find({
    tag,
    digest,
  }: {
    readonly tag: string;
    readonly digest?: Digest;
  }): Promise<Descriptor | undefined> {
    return (await this.manifests()).find((one) =>
      digest === undefined ? one.annotations?.[TAG] === tag : one.digest === digest,
    );
  }

  /** The length of a blob in bytes; undefined where there is none. */
  async size(digest: Digest): Promise<number | undefined> {
    try {
      const found = await stat(this.#pathOf(digest));
      return found.isFile() ? found.size : undefined;
    } catch {
      return undefined;
    }
  }

  /** The bytes of a blob, or `length` of them, which is not zero; they are not verified. */
  read(digest: Digest, { start = 0, length = Number.POSITIVE_INFINITY } = {}): ByteStream {
    return createReadStream(this.#pathOf(digest), { start, end: start + length - 1 });
  }

  /** Puts a blob where it is not yet; a reader never sees half of it. Nothing stays of content that fails. */
  async write(digest: Digest, content: AsyncIterable<Uint8Array>): Promise<void> {
    const path = this.#pathOf(digest);
    if (existsSync(path)) return;
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${newId().slice(0, 12)}`;
    try {
      await writeFileFrom(temporary, content, { flags: "wx" });
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
  }

  /** Gives a manifest a tag, and takes it from another one. */
  async name(manifest: Descriptor, tag: string): Promise<void> {
    if (this.#kernel === undefined) throw new TypeError("a folder that was opened for reading");
    const locks = new FileLocks({ lock: (name) => join(this.path, name) }, this.#kernel);
    // Several builds may keep caches of different tags in it, those of BuildKit's clients too.
    await using _lock = await locks.hold(LOCK);
    const others = (await this.manifests()).filter(({ annotations }) => annotations?.[TAG] !== tag);
    const { mediaType, digest, size } = manifest;
    const manifests = [...others, { mediaType, digest, size, annotations: { [TAG]: tag } }];
    await this.#replace("oci-layout", JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
    await this.#replace("index.json", JSON.stringify(index));
  }

  async #replace(name: string, content: string): Promise<void> {
    const path = join(this.path, name);
    const temporary = `${path}.${newId().slice(0, 12)}`;
    await writeFile(temporary, content);
    await rename(temporary, path);
  }

  #pathOf(digest: Digest): string {
    return join(this.path, "blobs", algorithmOf(digest), hexOf(digest));
  }
}
