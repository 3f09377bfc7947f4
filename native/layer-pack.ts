import type { Sequence } from "../core/lazy-list.ts";
import type { LayerEntry } from "./kernel.ts";
import { type PackedTexts, TextPacker } from "./packed-texts.ts";

/**
 * A layer's table of entries as the addon takes it (PackedLayer in native/src/layer_writer.cc): ten numbers an entry, "path\0link\0source\0" an entry,
 * and what neither can hold, by index.
 */
export interface PackedLayer {
  readonly fields: Float64Array;
  readonly texts: PackedTexts;
  /** Contents and lists of xattrs. */
  readonly extras: readonly (Uint8Array | readonly (readonly [string, Uint8Array])[])[];
}

const FIELDS = 10;
/** The order of kTypes in native/src/layer_writer.cc; whiteouts are empty files. */
const TYPES: Record<LayerEntry["type"], number> = {
  file: 0,
  whiteout: 0,
  opaque: 0,
  dir: 1,
  symlink: 2,
  hardlink: 3,
  char: 4,
  block: 5,
  fifo: 6,
};

export function packLayer(entries: Sequence<LayerEntry>): PackedLayer {
  const fields = new Float64Array(entries.length * FIELDS);
  const texts = new TextPacker();
  const extras: (Uint8Array | (readonly [string, Uint8Array])[])[] = [];
  let at = 0;
  for (const entry of entries) {
    const device = entry.type === "char" || entry.type === "block";
    const data = entry.type === "file" ? entry.data : undefined;
    const size = entry.type === "file" ? (data?.byteLength ?? entry.size) : 0;
    fields[at] = TYPES[entry.type];
    fields[at + 1] = entry.mode;
    fields[at + 2] = entry.uid;
    fields[at + 3] = entry.gid;
    fields[at + 4] = entry.mtime;
    fields[at + 5] = size;
    fields[at + 6] = device ? entry.major : 0;
    fields[at + 7] = device ? entry.minor : 0;
    fields[at + 8] = data === undefined ? -1 : extras.push(data) - 1;
    fields[at + 9] =
      entry.xattrs === undefined || entry.xattrs.size === 0 ? -1 : extras.push([...entry.xattrs]) - 1;
    texts.add(tarPath(entry));
    texts.add(linkOf(entry));
    texts.add(sourceOf(entry));
    at += FIELDS;
  }
  return { fields, texts: texts.finish(), extras };
}

/** OCI image-spec, layer.md#whiteouts. */
function tarPath(entry: LayerEntry): string {
  if (entry.type === "opaque") return entry.path === "" ? ".wh..wh..opq" : `${entry.path}/.wh..wh..opq`;
  if (entry.type !== "whiteout") return entry.path;
  const slash = entry.path.lastIndexOf("/") + 1;
  return `${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`;
}

const linkOf = (entry: LayerEntry): string =>
  entry.type === "symlink" || entry.type === "hardlink" ? entry.link : "";

const sourceOf = (entry: LayerEntry): string =>
  entry.type === "file" && entry.data === undefined ? (entry.source ?? "") : "";
