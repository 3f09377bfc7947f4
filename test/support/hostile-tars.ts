import { paxMember, type RawMember, rawTar } from "./tar-bytes.ts";

/** A number in [0, below). */
type Random = (below: number) => number;

const BLOCK = 512;

/**
 * Archives that nobody means well with, the same ones for a seed: names that meet each other, links in loops, times out of range, and most of them
 * damaged afterwards.
 */
export function* hostileTars(seed: number, count: number): Generator<Buffer> {
  const random = generator(seed);
  for (let i = 0; i < count; i++) {
    const whole = rawTar(...(random(3) === 0 ? SPECIMEN : invented(random)));
    yield random(2) === 0 ? whole : damaged(whole, random);
  }
}

/** A linear congruential generator (Knuth, MMIX). */
function generator(seed: number): Random {
  let state = BigInt(seed);
  return (below) => {
    state = (state * 6_364_136_223_846_793_005n + 1_442_695_040_888_963_407n) % 2n ** 64n;
    return Number((state >> 33n) % BigInt(below));
  };
}

const oneOf = <T>(random: Random, choices: readonly [T, ...T[]]): T =>
  choices[random(choices.length)] ?? choices[0];

/** Something of everything, for damaging. */
const SPECIMEN: readonly RawMember[] = [
  { name: "./", type: "5", mode: 0o755 },
  { name: "usr/", type: "5", mode: 0o755 },
  { name: "usr/bin/", type: "5", mode: 0o755 },
  { name: "usr/bin/tool", mode: 0o4755, content: "tool".repeat(300) },
  { name: "usr/bin/alias", type: "1", link: "usr/bin/tool" },
  { name: "bin", type: "2", link: "usr/bin" },
  { name: "bin/sh", content: "shell" },
  paxMember({ path: `usr/${"long".repeat(50)}`, mtime: "1600000000.5", "SCHILY.xattr.user.a": "value" }),
  { name: "x", content: "long" },
  { name: "L", type: "L", content: `usr/${"gnu".repeat(60)}\0` },
  { name: "x", content: "gnu" },
  { name: "dev/null", type: "3", major: 1, minor: 3 },
  { name: "dev/pipe", type: "6" },
  { name: "usr/.wh.gone" },
  { name: "etc/.wh..wh..opq" },
  { name: "etc/passwd", content: "root" },
  { name: "etc/passwd", content: "root again" },
];

/** Few, so that members meet. */
const NAMES = ["a", "b", "a/b", "a/b/c", "b/a", "l/x", "./a/../b", "/c", "l", "..", "a//d/", "é"] as const;
const HIDDEN = [".wh.a", "a/.wh.b", "a/.wh..wh..opq", "b/.wh.l", ".wh..wh.plnk", ".wh.c"] as const;
const TARGETS = ["a", "b", "/a", "../b", "a/b/c", ".", "/", "l", "../../..", "a/b/../.."] as const;
/** Devices, a pipe, and what is not known to all. */
const NODES = ["3", "4", "6", "7", "A"] as const;
const TIMES = [
  "-1",
  "-1.5",
  "0",
  "-9999999999",
  "99999999999",
  "9223372036854775807",
  "-9223372036854775808.5",
  "1e9",
  "7.123456789123",
] as const;

/** `size` bytes of directories' names, as long as names may be. */
const longPath = (size: number): string => `${"n".repeat(255)}/`.repeat(size / 256 + 1).slice(0, size);

const MAKERS: readonly [Maker, ...Maker[]] = [
  (random, name) => [{ name, content: "x".repeat(random(3000)), mode: random(0o10000) }],
  (random, name) => [{ name, content: String(random(9)), uid: random(70_000) }],
  (random, name) => [{ name, type: "5", mode: random(0o10000) }],
  (random, name) => [{ name, type: "2", link: oneOf(random, TARGETS) }],
  (random, name) => [{ name, type: "1", link: oneOf(random, [TARGETS[0], ...TARGETS, ...NAMES]) }],
  (random, name) => [{ name, type: oneOf(random, NODES), major: random(9), minor: 3 }],
  (random) => [{ name: oneOf(random, HIDDEN) }],
  (random, name) => [paxMember({ mtime: oneOf(random, TIMES) }), { name }],
  (random, name) => [{ name, type: oneOf(random, ["0", "5"]), patch: { 136: binaryTime(random) } }],
  (random) => [paxMember({ path: longPath(4094 + random(3)) }), { name: "x", content: "far" }],
  (random, name) => [paxMember({ linkpath: longPath(4094 + random(3)) }), { name, type: "2" }],
  (random, name) => [paxMember({ "SCHILY.xattr.user.a": "v".repeat(random(3000)) }), { name, content: "x" }],
  // A loop, and a way through it.
  (_, name) => [
    { name: "l", type: "2", link: "m" },
    { name: "m", type: "2", link: name },
    { name: "l/y", content: "y" },
  ],
];
type Maker = (random: Random, name: string) => readonly RawMember[];

const invented = (random: Random): readonly RawMember[] =>
  Array.from({ length: 1 + random(8) }, () => oneOf(random, MAKERS)(random, oneOf(random, NAMES))).flat();

/** Twelve bytes in base 256, of either sign. */
function binaryTime(random: Random): Uint8Array {
  const negative = random(2) === 0;
  const bytes = Buffer.alloc(12, negative ? 0xff : 0);
  bytes[0] = negative ? 0xff : 0x80;
  for (let at = 4 + random(8); at < 12; at++) bytes[at] = random(256);
  return bytes;
}

/** Name, mode, owner, size, time, type, link, device, prefix: where in a header, and how long. */
const FIELDS: readonly [Field, ...Field[]] = [
  [0, 16],
  [100, 7],
  [108, 7],
  [124, 12],
  [136, 12],
  [156, 1],
  [156, 1],
  [157, 12],
  [329, 7],
  [345, 8],
];
type Field = readonly [number, number];
const BYTES = [...Buffer.from("0123456789/.LKxgS\0-"), 0x80, 0xff];

/** Cut, with blocks moved, or with bytes changed in headers whose checksums are made right again. */
function damaged(whole: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(whole);
  for (let i = random(4); i >= 0; i--) {
    const at = random(bytes.length / BLOCK) * BLOCK;
    const header = bytes.subarray(at, at + BLOCK);
    const [place, length] = oneOf(random, FIELDS);
    header[place + random(length)] = BYTES[random(BYTES.length)] ?? 0;
    if (random(8) > 0) correct(header);
  }
  const kind = random(6);
  if (kind === 0) return bytes.subarray(0, random(bytes.length));
  if (kind > 1) return bytes;
  const [from, to] = [random(bytes.length / BLOCK) * BLOCK, random(bytes.length / BLOCK) * BLOCK];
  bytes.copy(bytes, to, from, from + BLOCK * (1 + random(3)));
  return bytes;
}

function correct(header: Buffer): void {
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
}
