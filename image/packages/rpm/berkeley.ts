/** Of a database that is a hash table, in this machine's order of bytes. */
const MAGIC = 0x061561;
const MAGIC_AT = 12;
const PAGE_SIZE_AT = 20;
const LAST_PAGE_AT = 32;
const PAGE_HEAD = 26;
/** Pages of the table: unsorted, as older versions wrote them, and sorted. */
const TABLE_PAGES = new Set([2, 13]);
const OVERFLOW_PAGE = 7;
/** An entry that only says on which pages its bytes are. */
const ELSEWHERE = 3;

export const isBerkeley = (bytes: Buffer): boolean =>
  bytes.byteLength >= 512 && bytes.readUInt32LE(MAGIC_AT) === MAGIC;

/**
 * The headers in Packages: the large values of a hash table of Berkeley DB, each on a chain of pages; the small one is a counter. Throws RangeError.
 * "src/dbinc/db_page.h" of Berkeley DB.
 */
export function* berkeleyHeaders(bytes: Buffer): Generator<Buffer> {
  const size = bytes.readUInt32LE(PAGE_SIZE_AT);
  if (size < 512 || size > 65_536) throw new RangeError("not a size of pages");
  const pages = { bytes, size, left: bytes.readUInt32LE(LAST_PAGE_AT) + 1 };
  for (let number = 1; number < bytes.readUInt32LE(LAST_PAGE_AT) + 1; number++) {
    const page = pageAt(pages, number);
    if (!TABLE_PAGES.has(typeOf(page))) continue;
    const count = page.readUInt16LE(20);
    // Keys and values take turns.
    for (let i = 1; i < count; i += 2) {
      const at = page.readUInt16LE(PAGE_HEAD + 2 * i);
      if (page.readUInt8(at) === ELSEWHERE)
        yield chain(pages, page.readUInt32LE(at + 4), page.readUInt32LE(at + 8));
    }
  }
}

interface Pages {
  readonly bytes: Buffer;
  readonly size: number;
  /** A page belongs to one chain, so chains have no more of them. */
  left: number;
}

const typeOf = (page: Buffer): number => page.readUInt8(25);

function pageAt({ bytes, size }: Pages, number: number): Buffer {
  if ((number + 1) * size > bytes.byteLength) throw new RangeError(`no page ${number}`);
  return bytes.subarray(number * size, (number + 1) * size);
}

function chain(pages: Pages, first: number, length: number): Buffer {
  const parts: Buffer[] = [];
  for (let number = first; number !== 0; ) {
    if (pages.left-- === 0) throw new RangeError("pages in a circle");
    const page = pageAt(pages, number);
    if (typeOf(page) !== OVERFLOW_PAGE) throw new RangeError(`page ${number} is not one of a chain`);
    parts.push(page.subarray(PAGE_HEAD, PAGE_HEAD + page.readUInt16LE(22)));
    number = page.readUInt32LE(16);
  }
  const whole = Buffer.concat(parts);
  if (whole.byteLength !== length) throw new RangeError("a chain of another length");
  return whole;
}
