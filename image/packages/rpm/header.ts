import type { InstalledPackage } from "../package.ts";

/** What is read of a package; "lib/rpmtag.h" has all of them. */
const TAGS = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  packager: 1015,
  homepage: 1020,
  architecture: 1022,
  source: 1044,
} as const;
const INT32 = 4;
/** A text, several, and one in several languages, of which the first is meant. */
const TEXTS = new Set([6, 8, 9]);
const INTRO = 8;
const ENTRY = 16;
/** rpm's own limit. */
const MAX_ENTRIES = 0xffff;
/** Keys that sign packages are kept as packages. */
const KEY = "gpg-pubkey";

/**
 * Reads what a database keeps of a package: two lengths, an index of tags and their data, all in network order. Undefined for what is no package.
 * Throws RangeError. https://rpm-software-management.github.io/rpm/manual/hregions.html
 */
export function readRpmHeader(bytes: Buffer): InstalledPackage | undefined {
  const [entries, length] = [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
  const start = INTRO + entries * ENTRY;
  if (entries > MAX_ENTRIES || start + length > bytes.byteLength)
    throw new RangeError("not a header of RPM's");
  const values = new Map<number, string>();
  for (let at = INTRO; at < start; at += ENTRY) {
    const value = readValue(bytes, { at, start, end: start + length });
    if (value !== undefined) values.set(bytes.readUInt32BE(at), value);
  }
  return packageOf((tag) => values.get(TAGS[tag]) || undefined);
}

interface Place {
  /** Of the entry. */
  readonly at: number;
  /** Of all data. */
  readonly start: number;
  readonly end: number;
}

const WANTED: ReadonlySet<number> = new Set(Object.values(TAGS));

function readValue(bytes: Buffer, { at, start, end }: Place): string | undefined {
  if (!WANTED.has(bytes.readUInt32BE(at))) return undefined;
  const type = bytes.readUInt32BE(at + 4);
  const from = start + bytes.readUInt32BE(at + 8);
  if (type === INT32) return String(bytes.readUInt32BE(from));
  if (!TEXTS.has(type)) return undefined;
  const zero = bytes.indexOf(0, from);
  if (from > end || zero < 0 || zero >= end) throw new RangeError("a text of RPM's without an end");
  return bytes.toString("utf8", from, zero);
}

function packageOf(tag: (name: keyof typeof TAGS) => string | undefined): InstalledPackage | undefined {
  const [name, version, release] = [tag("name"), tag("version"), tag("release")];
  if (name === undefined || version === undefined || name === KEY) return undefined;
  const given = {
    epoch: tag("epoch"),
    architecture: tag("architecture"),
    source: tag("source"),
    vendor: tag("vendor") ?? tag("packager"),
    license: tag("license"),
    homepage: tag("homepage"),
  };
  const known = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { type: "rpm", name, version: release === undefined ? version : `${version}-${release}`, ...known };
}
