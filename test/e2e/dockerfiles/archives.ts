import { gzipSync } from "node:zlib";

interface TarEntry {
  readonly name: string;
  /** File, directory, extended header, symbolic link, hard link. */
  readonly type: "0" | "5" | "x" | "2" | "1";
  readonly mode?: number;
  readonly uid?: number;
  readonly data?: Buffer;
  readonly link?: string;
}

/** A ustar member. */
function member({ name, type, mode = 0o644, uid = 0, data = Buffer.alloc(0), link = "" }: TarEntry): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(uid, 108, 8);
  octal(uid, 116, 8);
  octal(data.length, 124, 12);
  octal(1_600_000_000, 136, 12);
  block.write("        ", 148);
  block.write(type, 156);
  block.write(link, 157);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  octal(sum, 148, 7);
  return Buffer.concat([block, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}

const tarOf = (entries: readonly TarEntry[]): Buffer =>
  Buffer.concat([...entries.map(member), Buffer.alloc(1024)]);

export const plainTar = (): Buffer =>
  gzipSync(
    tarOf([
      { name: "dir/", type: "5", mode: 0o751, uid: 12 },
      { name: "dir/file", type: "0", mode: 0o640, uid: 34, data: Buffer.from("in the archive") },
      { name: "dir/link", type: "2", link: "file" },
    ]),
  );

/** A file with cap_net_bind_service+ep: include/uapi/linux/capability.h, struct vfs_cap_data. */
export function capabilityTar(): Buffer {
  const value = Buffer.alloc(20);
  value.writeUInt32LE(0x02000001, 0);
  value.writeUInt32LE(1 << 10, 4);
  const key = Buffer.from(" SCHILY.xattr.security.capability=");
  const length = key.length + value.length + 1;
  const record = Buffer.concat([Buffer.from(String(length + 2)), key, value, Buffer.from("\n")]);
  return tarOf([
    { name: "pax", type: "x", data: record },
    { name: "capable", type: "0", mode: 0o755, data: Buffer.from("x") },
  ]);
}

/** Entries that meet what is there already. */
export const linkedTar = (): Buffer =>
  tarOf([
    { name: "./", type: "5", mode: 0o711, uid: 9 },
    { name: "dir/file", type: "0", mode: 0o600, data: Buffer.from("new") },
    { name: "dir/again", type: "1", mode: 0o600, link: "dir/file" },
    { name: "made/by/name", type: "0", mode: 0o4711, uid: 5, data: Buffer.from("deep") },
  ]);

/** A file of 3:4 with mode 640 in archives that Node does not write. The engine that was recorded has no program for xz. */
export const BZIP2_TAR = Buffer.from(
  "QlpoOTFBWSZTWQiZY+kAAHt7kNkQAARAAH2EAARjJR5QBAAACCAAdRBMUADR6mg9T0gkkTTQDIAAfVZtB6EEYAkUMkIlw/CMqZwcIQyPXHL5tYQChAIzYxYjJFKWc1LE91lo1yC/tPKuDxEUrkKQfi7kinChIBEyx9I=",
  "base64",
);
export const ZSTD_TAR = Buffer.from(
  "KLUv/QRoRQIAwoMLEKAdDjD8+b5UlTo1SQ2AgskFU4a27tch+GJ76Dkv7r8oZxwiam4h92L+m9hSAQogoB/2hTcShQWGSwnxz2HFTdEenrQWzjTeGw==",
  "base64",
);
