import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { newId } from "../../core/ids.ts";
import type { ByteStream } from "../../core/streams.ts";
import { unpackInto } from "../copy/unpack.ts";

interface Entry {
  readonly digest: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const INDEX = "index.json";
const BLOBS = "blobs/sha256";
const INDEX_LIMIT = 4 << 20;
const NAME = "io.containerd.image.name";

/**
 * Puts the images of an archive into the OCI image layout that a folder is or becomes: what it had under other names stays. The index is replaced
 * when everything it names is there. Rejects with ARCHIVE_INVALID where the folder has an index that is none.
 * https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function writeLayout(archive: ByteStream, folder: string): Promise<void> {
  const former = await entriesOf(folder);
  const unpacked = join(folder, `.unpacked-${newId().slice(0, 12)}`);
  await mkdir(unpacked, { recursive: true });
  try {
    await unpackInto(archive, { target: unpacked, owner: false, whole: true });
    const added = await entriesOf(unpacked);
    await mkdir(join(folder, BLOBS), { recursive: true });
    for (const name of await readdir(join(unpacked, BLOBS)))
      await rename(join(unpacked, BLOBS, name), join(folder, BLOBS, name));
    await rename(join(unpacked, "oci-layout"), join(folder, "oci-layout"));
    const replaced = new Set(added.map(nameOf));
    const manifests = [...former.filter((entry) => !replaced.has(nameOf(entry))), ...added];
    const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests };
    await writeFile(join(unpacked, INDEX), JSON.stringify(index));
    await rename(join(unpacked, INDEX), join(folder, INDEX));
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

const nameOf = ({ annotations, digest }: Entry): string => annotations?.[NAME] ?? digest;

async function entriesOf(folder: string): Promise<readonly Entry[]> {
  const path = join(folder, INDEX);
  try {
    if ((await stat(path)).size > INDEX_LIMIT) throw new RangeError(`more than ${INDEX_LIMIT} bytes`);
    const { manifests } = JSON.parse(await readFile(path, "utf8")) as { readonly manifests?: unknown };
    if (!Array.isArray(manifests)) throw new TypeError("no list of manifests");
    return manifests as readonly Entry[];
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Failure("ARCHIVE_INVALID", { why: `${path} is no index of an OCI layout` }, { cause });
  }
}
