import type { LayerEntry } from "./kernel.ts";

/**
 * A layer's table of entries as the addon takes it (ToItems in native/src/layer_writer.cc): ten numbers an entry, "path\0link\0source\0" an entry,
 * and what neither can hold, by index.
 */
export interface PackedLayer {
  readonly fields: Float64Array;
  readonly text: string;
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

export function packLayer(entries: readonly LayerEntry[]): PackedLayer {
  const fields = new Float64Array(entries.length * FIELDS);
  const text: string[] = [];
  const extras: (Uint8Array | (readonly [string, Uint8Array])[])[] = [];
  entries.forEach((entry, index) => {
    const device = entry.type === "char" || entry.type === "block";
    const data = entry.type === "file" ? entry.data : undefined;
    const size = entry.type === "file" ? (data?.byteLength ?? entry.size) : 0;
    fields.set(
      [
        TYPES[entry.type],
        entry.mode,
        entry.uid,
        entry.gid,
        entry.mtime,
        size,
        device ? entry.major : 0,
        device ? entry.minor : 0,
        data === undefined ? -1 : extras.push(data) - 1,
        entry.xattrs === undefined || entry.xattrs.size === 0 ? -1 : extras.push([...entry.xattrs]) - 1,
      ],
      index * FIELDS,
    );
    text.push(tarPath(entry), linkOf(entry), sourceOf(entry));
  });
  return { fields, text: text.length === 0 ? "" : `${text.join("\0")}\0`, extras };
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
