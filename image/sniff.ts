const COMPRESSIONS: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ["gzip", [0x1f, 0x8b]],
  ["zstd", [0x28, 0xb5, 0x2f, 0xfd]],
  ["xz", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["bzip2", [0x42, 0x5a, 0x68]],
];

/** True when the first bytes are those of a compressed file this program can inflate. */
export const looksCompressed = (head: Uint8Array): boolean =>
  COMPRESSIONS.some(([, magic]) => magic.every((byte, i) => head[i] === byte));

const BLOCK = 512;
const CHECKSUM = { start: 148, end: 156 } as const;

/** True when `head` begins with a tar header: its checksum is right (pax(1), ustar; old tars have no other mark). */
export function looksLikeTar(head: Uint8Array): boolean {
  if (head.byteLength < BLOCK) return false;
  const block = head.subarray(0, BLOCK);
  const field = Buffer.from(block.subarray(CHECKSUM.start, CHECKSUM.end)).toString("latin1");
  const [digits] = /[0-7]+/.exec(field) ?? [];
  if (digits === undefined) return false;
  // The sum is taken with its own field as blanks; some old programs summed signed bytes.
  const bytes = block.map((byte, i) => (i >= CHECKSUM.start && i < CHECKSUM.end ? 0x20 : byte));
  const unsigned = bytes.reduce((sum, byte) => sum + byte, 0);
  const signed = new Int8Array(bytes).reduce((sum, byte) => sum + byte, 0);
  const want = Number.parseInt(digits, 8);
  return want === unsigned || want === signed;
}
