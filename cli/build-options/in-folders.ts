import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pack as createPack, extract, type Header, type Pack } from "tar-stream";
import { filled } from "../../core/filled.ts";
import type { ByteStream } from "../../core/streams.ts";

/** What the writer of a tar says again by itself, of the name that is written. */
const OWN_RECORDS = ["path", "linkpath", "size"];

/** One tar of several, each below a folder of its own. */
export function inFolders(
  parts: readonly { readonly folder: string; readonly tar: ByteStream }[],
): AsyncGenerator<Uint8Array> {
  const pack = createPack();
  return filled(pack, async () => {
    for (const { folder, tar } of parts) {
      pack.entry({ name: `${folder}/`, type: "directory", mode: 0o755, mtime: new Date(0) });
      await copyInto(pack, folder, tar);
    }
    pack.finalize();
  });
}

async function copyInto(pack: Pack, folder: string, tar: ByteStream): Promise<void> {
  const entries = extract();
  const feeding = pipeline(Readable.from(tar), entries);
  feeding.catch(() => undefined);
  for await (const entry of entries) await pipeline(entry, pack.entry(below(folder, entry.header)));
  await feeding;
}

function below(folder: string, header: Header): Header {
  const { pax, name, linkname, type } = header;
  const records = Object.entries((pax ?? {}) as Record<string, string>).filter(
    ([key]) => !OWN_RECORDS.includes(key),
  );
  return {
    ...header,
    name: `${folder}/${name}`,
    pax: records.length === 0 ? null : Object.fromEntries(records),
    // The target of a hard link is a name of the archive too.
    ...(type === "link" ? { linkname: `${folder}/${linkname ?? ""}` } : {}),
  };
}
