/** "RpmP", "Slot" and "BlbS", as numbers in the order of this format. */
const MAGIC = { file: 0x506d7052, slot: 0x746f6c53, blob: 0x53626c42 } as const;
const PAGE = 4096;
const SLOT = 16;
/** The first slots' place is the head of the file. */
const HEAD = 2 * SLOT;
/** Where things are is counted in these. */
const BLOCK = 16;

export const isNdb = (bytes: Buffer): boolean =>
  bytes.byteLength >= HEAD && bytes.readUInt32LE(0) === MAGIC.file;

/** The headers in Packages.db: pages of slots, each with the place of a package's. Throws RangeError. "lib/backend/ndb/rpmpkg.c" of rpm. */
export function* ndbHeaders(bytes: Buffer): Generator<Buffer> {
  const end = bytes.readUInt32LE(12) * PAGE;
  for (let at = HEAD; at < end; at += SLOT) {
    if (bytes.readUInt32LE(at) !== MAGIC.slot) throw new RangeError("not a slot of RPM's");
    const id = bytes.readUInt32LE(at + 4);
    if (id === 0) continue;
    const blob = bytes.readUInt32LE(at + 8) * BLOCK;
    if (bytes.readUInt32LE(blob) !== MAGIC.blob || bytes.readUInt32LE(blob + 4) !== id)
      throw new RangeError(`no package ${id} where its slot says`);
    const [from, length] = [blob + BLOCK, bytes.readUInt32LE(blob + 12)];
    yield bytes.subarray(from, from + length);
  }
}
