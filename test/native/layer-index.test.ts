import assert from "node:assert/strict";
import { closeSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { requiresErofs } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { paxMember, type RawMember, rawTar } from "../support/tar-bytes.ts";
import { compareIndex, indexTar, mountIndex, recordsOf } from "./index-support.ts";
import { DIRECTORY, NET_RAW, requiresKernel, run, shell, withOpen } from "./support.ts";

describe("native/layer-index", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
    requiresErofs(this);
  });
  beforeEach(() => {
    scratch = new Scratch();
  });
  afterEach(() => scratch?.[Symbol.dispose]());

  const compare = (tar: string): Promise<readonly string[]> =>
    compareIndex(scratch, tar).then((found) => found.differences);

  async function compareMembers(...members: readonly RawMember[]): Promise<void> {
    writeFileSync(scratch.join("in.tar"), rawTar(...members));
    assert.deepEqual(await compare(scratch.join("in.tar")), []);
  }

  for (const format of ["gnu", "pax", "oldgnu", "ustar", "v7"]) {
    it(`mounts what GNU tar writes in the format ${format} as it is unpacked`, async () => {
      mkdirSync(scratch.join("in"));
      const long = ["gnu", "pax", "oldgnu"].includes(format)
        ? `mkdir -p "$(printf 'd%.0s' $(seq 200))/$(printf 'e%.0s' $(seq 200))"; ln -s "$(printf 't%.0s' $(seq 900))" far; : > early; touch -d 1960-01-01 early`
        : ":";
      const nodes = format === "v7" ? ":" : "mknod null c 1 3; mknod disk b 259 70000; mkfifo pipe";
      shell(
        scratch.join("in"),
        `mkdir -p a/b; seq 200000 > a/large; printf x > a/one; : > a/empty; head -c 512 /dev/zero > a/block
         ln a/one a/b/hard; ln -s ../a/one soft; chmod 6755 a/large; chmod 1777 a/b; chown 12:34 a/one; chown -h 5:6 soft
         ${nodes}; ${long}; touch -d '2001-02-03 04:05:06.789012345' a/one`,
      );
      run("tar", `--format=${format}`, "-cf", scratch.join("in.tar"), "-C", scratch.join("in"), ".");
      assert.deepEqual(await compare(scratch.join("in.tar")), []);
    });
  }

  it("lists 100,000 entries of one directory, in the order of their bytes", async () => {
    const names = Array.from({ length: 100_000 }, (_, i) => (i * 7919).toString(36));
    const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 0 };
    const files = [...new Set(["!first", ...names])].map(
      (name) => ({ ...plain, type: "file", path: `d/${name}`, size: 0, data: Buffer.alloc(0) }) as const,
    );
    await withOpen(scratch.join("in.tar"), "w", (out) =>
      withOpen(scratch.path, DIRECTORY, (here) =>
        loadKernel().writeLayer(out, here, [{ ...plain, type: "dir", path: "d", mode: 0o755 }, ...files]),
      ),
    );
    await indexTar(scratch.join("in.tar"), scratch.join("layer.erofs"));
    const root = await mountIndex(scratch.join("layer.erofs"), scratch.join("in.tar"));
    try {
      const found = await loadKernel().scan(root, "/d");
      assert.deepEqual(
        [...found].map(({ path }) => path),
        [...new Set(["!first", ...names])].sort(),
      );
      for (const name of ["!first", names[0], names[50_000], names[99_999]])
        assert.equal(loadKernel().statInRoot(root, `d/${name}`)?.type, "file");
    } finally {
      closeSync(root);
    }
  });

  const x = { content: "x" };
  const capability = (value: Buffer) =>
    paxMember({ "SCHILY.xattr.security.capability": value.toString("latin1") });
  const layers: Readonly<Record<string, readonly RawMember[]>> = {
    "directories that only their children name": [{ name: "a/b/c/file", ...x }],
    "a directory that comes twice": [
      { name: "d/", type: "5", mode: 0o700 },
      { name: "d/f", ...x },
      { name: "d/", type: "5", mode: 0o711, patch: { 136: "14000000000\0" } },
    ],
    "a file that comes twice": [
      { name: "f", content: "old" },
      { name: "g", type: "1", link: "f" },
      { name: "f", content: "newer" },
    ],
    "a file in the place of a directory, and the other way": [
      { name: "a/b/c", ...x },
      { name: "a/b", ...x },
      { name: "f", ...x },
      { name: "f/", type: "5" },
      { name: "f/g", ...x },
    ],
    "a file behind a link to a directory": [
      { name: "usr/lib/", type: "5" },
      { name: "lib", type: "2", link: "/usr/lib" },
      { name: "lib/f", ...x },
      { name: "usr/up", type: "2", link: "../../../lib/../lib" },
      { name: "usr/up/g", ...x },
    ],
    "a link where a directory stood": [
      { name: "d/first", ...x },
      { name: "d", type: "2", link: "../.." },
      { name: "d/second", ...x },
    ],
    "whiteouts, before and after what they name": [
      { name: ".wh.gone" },
      { name: "d/.wh.gone" },
      { name: "d/.wh.kept" },
      { name: "d/kept", ...x },
      { name: "stays", ...x },
      { name: ".wh.stays" },
      { name: ".wh..wh.plnk" },
    ],
    "opaque directories, of each kind": [
      { name: "a/.wh..wh..opq" },
      { name: "a/f", ...x },
      { name: ".wh.b" },
      { name: "b/", type: "5" },
      { name: "c/f", ...x },
      { name: ".wh.c" },
    ],
    "hard links to links, nodes and whiteouts": [
      { name: "s", type: "2", link: "nowhere" },
      { name: "s2", type: "1", link: "s" },
      { name: "n", type: "3", major: 1, minor: 3 },
      { name: "n2", type: "1", link: "./n" },
      { name: ".wh.w" },
      { name: "w2", type: "1", link: "w" },
    ],
    "extended attributes": [
      paxMember({ "SCHILY.xattr.user.a": "1", "SCHILY.xattr.user.long": "v".repeat(900) }),
      { name: "f", ...x },
      paxMember({ "SCHILY.xattr.user.d": "", "SCHILY.xattr.trusted.overlay.opaque": "y" }),
      { name: "d/", type: "5" },
      paxMember({ "SCHILY.xattr.user.only": "header" }),
      { name: "empty" },
    ],
    "times with fractions, before 1970 and far ahead": [
      paxMember({ mtime: "1234567890.123456789" }),
      { name: "a" },
      paxMember({ mtime: "-1.5" }),
      { name: "b" },
      paxMember({ mtime: "9000000000" }),
      { name: "c" },
    ],
    "long links, which do and do not fit a block": [340, 448, 449, 600, 4095].flatMap((size) => [
      paxMember({ linkpath: "l".repeat(size) }),
      { name: `to${size}`, type: "2" },
    ]),
    "names of 255 bytes": [
      paxMember({ path: `${"n".repeat(255)}/${"é".repeat(127)}!` }),
      { name: "x", ...x },
    ],
    "content from whatever block it begins at": Array.from({ length: 70 }, (_, i) => ({
      name: `f${i}`,
      content: String(i).repeat(i * 13),
    })),
    "the root's own mode": [{ name: "./", type: "5", mode: 0o1750, uid: 3 }, { name: "f" }],
    nothing: [],
    // Refused, each.
    "a link loop": [
      { name: "a", type: "2", link: "b" },
      { name: "b", type: "2", link: "a" },
      { name: "a/f", ...x },
    ],
    "a file in a directory's way": [
      { name: "f", ...x },
      { name: "f/g", ...x },
    ],
    "a hard link to nothing": [{ name: "h", type: "1", link: "../f" }],
    "a hard link to itself behind a link": [
      { name: "d/f", ...x },
      { name: "e", type: "2", link: "d" },
      { name: "e/f", type: "1", link: "d/f" },
    ],
    "a hard link to a directory": [
      { name: "d/", type: "5" },
      { name: "h", type: "1", link: "d" },
    ],
    "a hard link to the root": [{ name: "h", type: "1", link: "/" }],
    "a link without a target": [{ name: "s", type: "2" }],
    "a root that is a file": [
      { name: "/", type: "0", link: "" },
      { name: "..", ...x },
    ],
    "a whiteout of no name": [{ name: "d/.wh." }],
    "an unknown type": [{ name: "t", type: "Z" }],
    "a name of 256 bytes": [paxMember({ path: "n".repeat(256) }), { name: "x" }],
    "a path of 5,000 bytes": [paxMember({ path: "d/".repeat(2500) }), { name: "x" }],
    "a link's target of 4,096 bytes": [paxMember({ linkpath: "l".repeat(4096) }), { name: "x", type: "2" }],
    "a device that has no such number": [{ name: "c", type: "3", patch: { 329: "7777777\0" } }],
    "a user attribute of a link": [
      paxMember({ "SCHILY.xattr.user.a": "1" }),
      { name: "s", type: "2", link: "t" },
    ],
    "a capability that is none": [capability(Buffer.from("nonsense")), { name: "f" }],
    "a file larger than the archive": [{ name: "f", size: "00000100000\0" }],
  };
  for (const [title, members] of Object.entries(layers)) {
    it(`agrees with unpacking about ${title}`, () => compareMembers(...members));
  }

  it("shows file capabilities", async () => {
    mkdirSync(scratch.join("in"));
    writeFileSync(scratch.join("in/f"), "x");
    run("setfattr", "-n", "security.capability", "-v", `0x${NET_RAW.toString("hex")}`, scratch.join("in/f"));
    run(
      "tar",
      "--xattrs",
      "--xattrs-include=*",
      "-cf",
      scratch.join("in.tar"),
      "-C",
      scratch.join("in"),
      "f",
    );
    await indexTar(scratch.join("in.tar"), scratch.join("layer.erofs"));
    const found = await recordsOf(() => mountIndex(scratch.join("layer.erofs"), scratch.join("in.tar")));
    assert.equal(found.get("f")?.xattrs, `security.capability=${NET_RAW.toString("hex")}`);
    assert.deepEqual(await compare(scratch.join("in.tar")), []);
  });

  it("makes the same bytes of the same tar, and says nothing of the file's place", async () => {
    writeFileSync(scratch.join("in.tar"), rawTar({ name: "a/b", content: "x" }, { name: ".wh.c" }));
    run("cp", scratch.join("in.tar"), scratch.join("copy.tar"));
    for (const name of ["in", "copy"])
      await indexTar(scratch.join(`${name}.tar`), scratch.join(`${name}.erofs`));
    assert.deepEqual(readFileSync(scratch.join("in.erofs")), readFileSync(scratch.join("copy.erofs")));
  });

  it("names the sparse entry for which a layer cannot be indexed", async () => {
    shell(scratch.path, "truncate -s 1M holes; printf tail >> holes; tar --sparse -cf in.tar holes");
    const { unfit } = await indexTar(scratch.join("in.tar"), scratch.join("layer.erofs"));
    assert.equal(unfit, "holes: a sparse file");
    assert.equal(readFileSync(scratch.join("layer.erofs")).length, 0);
  });
});
