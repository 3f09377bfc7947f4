import type { InstalledPackage } from "../package.ts";
import { berkeleyHeaders, isBerkeley } from "./berkeley.ts";
import { readRpmHeader } from "./header.ts";
import { isNdb, ndbHeaders } from "./ndb.ts";
import { isSqlite, sqliteHeaders } from "./sqlite.ts";

interface Format {
  readonly is: (bytes: Buffer) => boolean;
  readonly headers: (bytes: Buffer) => Iterable<Buffer>;
}

/** Of Fedora and its relatives now, of SUSE's, and of what was before both. */
const FORMATS: readonly Format[] = [
  { is: isSqlite, headers: sqliteHeaders },
  { is: isNdb, headers: ndbHeaders },
  { is: isBerkeley, headers: berkeleyHeaders },
];

/** The packages in a database of RPM's, whichever form it has. The bytes are not trusted. Throws an Error for what cannot be read. */
export function readRpmDatabase(bytes: Buffer): readonly InstalledPackage[] {
  if (bytes.byteLength === 0) return [];
  const format = FORMATS.find(({ is }) => is(bytes));
  if (format === undefined) throw new RangeError("not a database of RPM's");
  const packages: InstalledPackage[] = [];
  // Headers do not share bytes, or else a small file could have many large ones.
  let left = bytes.byteLength;
  for (const header of format.headers(bytes)) {
    left -= header.byteLength;
    if (left < 0) throw new RangeError("more packages than bytes");
    const found = readRpmHeader(header);
    if (found !== undefined) packages.push(found);
  }
  return packages;
}
