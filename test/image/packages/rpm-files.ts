import Database from "better-sqlite3";

// Databases of RPM's, in each form that there is, with what a test wants to be in them.

/** A tag's number and its value: a text or a number. */
export type Tags = Readonly<Record<number, string | number>>;

/** A header as rpm keeps it. */
export function rpmHeader(tags: Tags): Buffer {
  const index: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of Object.entries(tags)) {
    const bytes = typeof value === "number" ? u32be(value) : Buffer.from(`${value}\0`);
    // Numbers stand at multiples of their size.
    const padding = typeof value === "number" ? (4 - (offset % 4)) % 4 : 0;
    index.push(
      Buffer.concat([
        u32be(Number(tag)),
        u32be(typeof value === "number" ? 4 : 6),
        u32be(offset + padding),
        u32be(1),
      ]),
    );
    data.push(Buffer.alloc(padding), bytes);
    offset += padding + bytes.byteLength;
  }
  return Buffer.concat([u32be(index.length), u32be(offset), ...index, ...data]);
}

const u32be = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u32le = (...values: readonly number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

/** rpmdb.sqlite, with what else `sql` makes. */
export function sqliteFile(
  headers: readonly Buffer[],
  sql = "CREATE TABLE 'Packages' ( hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL )",
): Buffer {
  const database = new Database(":memory:");
  database.exec(sql);
  const insert =
    headers.length === 0 ? undefined : database.prepare("INSERT INTO Packages (blob) VALUES (?)");
  for (const header of headers) insert?.run(header);
  const bytes = database.serialize();
  database.close();
  // Real ones are in the mode that has a log beside the file.
  bytes.writeUInt8(2, 18);
  bytes.writeUInt8(2, 19);
  return bytes;
}

/** Packages.db */
export function ndbFile(headers: readonly Buffer[]): Buffer {
  const pages = Buffer.alloc(4096);
  u32le(0x506d7052, 0, 1, 1, headers.length + 1, 0, 0, 0).copy(pages);
  const blobs: Buffer[] = [];
  let block = 4096 / 16;
  for (let slot = 2; slot < 256; slot++) {
    const header = headers[slot - 2];
    const blob = header === undefined ? Buffer.alloc(0) : ndbBlob(header, slot - 1);
    const place = header === undefined ? [0, 0, 0] : [slot - 1, block, blob.byteLength / 16];
    u32le(0x746f6c53, ...place).copy(pages, slot * 16);
    blobs.push(blob);
    block += blob.byteLength / 16;
  }
  return Buffer.concat([pages, ...blobs]);
}

function ndbBlob(header: Buffer, id: number): Buffer {
  const tail = 12;
  const size = Math.ceil((16 + header.byteLength + tail) / 16) * 16;
  const blob = Buffer.alloc(size);
  u32le(0x53626c42, id, 1, header.byteLength).copy(blob);
  header.copy(blob, 16);
  u32le(0, header.byteLength, 0x45626c42).copy(blob, size - tail);
  return blob;
}

const PAGE = 512;
const ROOM = PAGE - 26;

/** Packages */
export function berkeleyFile(headers: readonly Buffer[]): Buffer {
  const chains = headers.map((header) =>
    Array.from({ length: Math.ceil(header.byteLength / ROOM) }, (_, i) =>
      header.subarray(i * ROOM, (i + 1) * ROOM),
    ),
  );
  const table = Buffer.alloc(PAGE);
  table.writeUInt16LE(2 * headers.length, 20);
  table.writeUInt8(13, 25);
  const pages: Buffer[] = [];
  for (const [i, parts] of chains.entries()) {
    const first = 2 + pages.length;
    const [key, value] = [PAGE - (i + 1) * 17, PAGE - (i + 1) * 17 + 5];
    table.writeUInt16LE(key, 26 + 4 * i);
    table.writeUInt16LE(value, 28 + 4 * i);
    Buffer.concat([Buffer.from([1]), u32le(i + 1)]).copy(table, key);
    Buffer.concat([Buffer.from([3, 0, 0, 0]), u32le(first, headers[i]?.byteLength ?? 0)]).copy(table, value);
    for (const [j, part] of parts.entries()) {
      const page = Buffer.alloc(PAGE);
      page.writeUInt32LE(j + 1 < parts.length ? first + j + 1 : 0, 16);
      page.writeUInt16LE(part.byteLength, 22);
      page.writeUInt8(7, 25);
      part.copy(page, 26);
      pages.push(page);
    }
  }
  const meta = Buffer.alloc(PAGE);
  meta.writeUInt32LE(0x061561, 12);
  meta.writeUInt32LE(9, 16);
  meta.writeUInt32LE(PAGE, 20);
  meta.writeUInt8(8, 25);
  meta.writeUInt32LE(1 + pages.length, 32);
  return Buffer.concat([meta, table, ...pages]);
}
