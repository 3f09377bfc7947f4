import { LazyList } from "../../../core/lazy-list.ts";
import { FileTable } from "../../../store/types.ts";
import type { Selected } from "../../context/selected.ts";

/** A file whose content stands in the Dockerfile, as a source of a COPY. `mtime` in seconds. */
export function inlineSource(
  file: { readonly name: string; readonly content: string },
  mtime: number,
): Selected {
  const data = Buffer.from(file.content);
  const time = BigInt(mtime) * 1_000_000_000n;
  const stat = {
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: data.length,
    nlink: 1,
    ino: 0n,
    dev: 0n,
    rdevMajor: 0,
    rdevMinor: 0,
    mtimeNs: time,
    ctimeNs: time,
  } as const;
  const self = { path: "", source: "", stat, data };
  return { name: file.name, self, below: LazyList.join([]), files: FileTable.of([self]) };
}
