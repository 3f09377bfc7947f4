/** Archives built by hand, for what no tar program writes. */
export interface RawMember {
  readonly name?: string;
  /** The type flag; a regular file when absent. */
  readonly type?: string;
  readonly link?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string | Uint8Array;
  /** The size field as it stands, instead of the content's. */
  readonly size?: string | Uint8Array;
  readonly major?: number;
  readonly minor?: number;
  readonly magic?: string;
  /** More bytes of the header block, by offset; the checksum is made afterwards. */
  readonly patch?: Readonly<Record<number, string | Uint8Array>>;
  readonly checksum?: string;
}

const BLOCK = 512;
const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

export function rawHeader(member: RawMember): Buffer {
  const block = Buffer.alloc(BLOCK);
  const put = (at: number, value: string | Uint8Array): void => {
    Buffer.from(value as string).copy(block, at);
  };
  put(0, member.name ?? "file");
  put(100, octal(member.mode ?? 0o644, 7));
  put(108, octal(member.uid ?? 0, 7));
  put(116, octal(member.gid ?? 0, 7));
  put(124, member.size ?? octal(Buffer.byteLength(member.content ?? ""), 11));
  put(136, octal(1_600_000_000, 11));
  put(156, member.type ?? "0");
  put(157, member.link ?? "");
  put(257, member.magic ?? "ustar\u000000");
  put(329, octal(member.major ?? 0, 7));
  put(337, octal(member.minor ?? 0, 7));
  for (const [at, value] of Object.entries(member.patch ?? {})) put(Number(at), value);
  put(148, "        ");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, member.checksum ?? `${octal(sum, 6)} `);
  return block;
}

export function rawMember(member: RawMember): Buffer {
  const content = Buffer.from((member.content ?? "") as string);
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return Buffer.concat([rawHeader(member), content, padding]);
}

/** A whole archive, with the two zero blocks at its end. */
export const rawTar = (...members: readonly RawMember[]): Buffer =>
  Buffer.concat([...members.map(rawMember), Buffer.alloc(2 * BLOCK)]);

/** A PAX header for the member that follows. */
export function paxMember(records: Readonly<Record<string, string>>): RawMember {
  const content = Object.entries(records).map(([key, value]) => paxRecord(key, value));
  return { name: "PaxHeaders/x", type: "x", content: content.join("") };
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const fixed = Buffer.byteLength(rest);
  let length = fixed + 1;
  while (length !== fixed + String(length).length) length = fixed + String(length).length;
  return `${length}${rest}`;
}
