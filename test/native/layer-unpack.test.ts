import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { isCode } from "../../core/errors.ts";
import { Scratch } from "../support/scratch.ts";
import { paxMember, type RawMember, rawHeader, rawTar } from "../support/tar-bytes.ts";
import { describeTree, getXattrs, hex, requiresKernel, run, shell, unpack } from "./support.ts";

const gigabytes = (count: number): string => `${(count * 2 ** 30).toString(8).padStart(11, "0")}\0`;
const base256 = (value: bigint): Buffer => {
  const field = Buffer.alloc(12);
  field.writeBigInt64BE(value, 4);
  field.fill(value < 0n ? 0xff : 0, 1, 4);
  field[0] = value < 0n ? 0xff : 0x80;
  return field;
};

describe("native/layer-unpack", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
  });
  beforeEach(() => {
    scratch = new Scratch();
    mkdirSync(scratch.join("out"));
    writeFileSync(scratch.join("canary"), "untouched");
  });
  afterEach(() => scratch?.[Symbol.dispose]());

  type Options = Parameters<typeof unpack>[2];
  function unpackBytes(bytes: Buffer, options: Options = { whiteouts: "keep" }) {
    writeFileSync(scratch.join("in.tar"), bytes);
    return unpack(scratch.join("in.tar"), scratch.join("out"), options);
  }
  const unpackMembers = (members: readonly RawMember[], options?: Options) =>
    unpackBytes(rawTar(...members), options);
  const listed = () => shell(scratch.join("out"), "find . -mindepth 1 | sort | cut -c3-").trim().split("\n");
  const outside = () => shell(scratch.path, "ls; cat canary");

  describe("reads what GNU tar writes", () => {
    for (const format of ["gnu", "pax", "oldgnu", "ustar", "v7"]) {
      it(`in the format ${format}`, async () => {
        mkdirSync(scratch.join("in"));
        const component = "d".repeat(90);
        shell(
          scratch.join("in"),
          `mkdir -p a/b ${component}; echo one > a/b/file; ln a/b/file a/hard; ln -s b/file a/soft
           echo x > ${component}/short; chmod 4711 a/b/file; chown 12:34 a/b
           find . -exec touch -h -d @1500000000 {} +`,
        );
        if (format === "gnu" || format === "pax" || format === "oldgnu") {
          shell(
            scratch.join("in"),
            `mkdir -p ${component}/${component}/${component}; cd ${component}/${component}
            echo y > ${component}/long; ln -s ${component}/${component} far; find . -exec touch -h -d @1500000000 {} +
            cd ..; touch -d @1500000000 . ${component}`,
          );
        }
        run("tar", `--format=${format}`, "-cf", scratch.join("in.tar"), "-C", scratch.join("in"), ".");
        await unpack(scratch.join("in.tar"), scratch.join("out"));
        assert.equal(describeTree(scratch.join("out")), describeTree(scratch.join("in")));
      });
    }

    for (const options of [["gnu"], ["oldgnu"], ["pax", "0.0"], ["pax", "0.1"], ["pax", "1.0"]] as const) {
      it(`with holes, in the format ${options.join(" ")}`, async () => {
        mkdirSync(scratch.join("in"));
        shell(
          scratch.join("in"),
          `truncate -s 10G hole; truncate -s 20M parts
           for i in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
           do printf "part $i" | dd of=parts bs=1 seek=$((i * 600000)) conv=notrunc status=none; done
           touch -d @1500000000 .`,
        );
        const [format, version] = options;
        const sparse = version === undefined ? ["--sparse"] : ["--sparse", `--sparse-version=${version}`];
        run(
          "tar",
          `--format=${format}`,
          ...sparse,
          "-cf",
          scratch.join("in.tar"),
          "-C",
          scratch.join("in"),
          ".",
        );
        const { bytes } = await unpack(scratch.join("in.tar"), scratch.join("out"));
        assert.equal(bytes, 10 * 2 ** 30 + 20 * 2 ** 20);
        run("cmp", scratch.join("in/parts"), scratch.join("out/parts"));
        assert.equal(statSync(scratch.join("out/hole")).size, 10 * 2 ** 30);
        assert.equal(statSync(scratch.join("out/hole")).blocks, 0);
        assert.ok(statSync(scratch.join("out/parts")).blocks * 512 < 2 ** 20);
      });
    }
  });

  describe("keeps a hostile archive inside", () => {
    const written: Record<string, { members: readonly RawMember[]; makes: readonly string[] }> = {
      "a path with ..": { members: [{ name: "../../canary", content: "x" }], makes: ["canary"] },
      "a path with .. in its middle": {
        members: [{ name: "a/../../../canary", content: "x" }],
        makes: ["canary"],
      },
      "an absolute path": { members: [{ name: "/canary", content: "x" }], makes: ["canary"] },
      "a PAX path with ..": {
        members: [paxMember({ path: "../canary" }), { content: "x" }],
        makes: ["canary"],
      },
      "a GNU long name with ..": {
        members: [{ name: "L", type: "L", content: "../../canary\0" }, { content: "x" }],
        makes: ["canary"],
      },
      "a path through a link to ..": {
        members: [
          { name: "up", type: "2", link: ".." },
          { name: "up/canary", content: "x" },
        ],
        makes: ["canary", "up"],
      },
      "a path through two links": {
        members: [
          { name: "d", type: "5" },
          { name: "d/one", type: "2", link: "../.." },
          { name: "two", type: "2", link: "d/one/.." },
          { name: "two/canary", content: "x" },
        ],
        makes: ["canary", "d", "d/one", "two"],
      },
      "a link in a file's place, written through": {
        members: [
          { name: "out", type: "2", link: "../canary" },
          { name: "out", content: "x" },
        ],
        makes: ["out"],
      },
      "a directory replaced by a link between two of its files": {
        members: [
          { name: "d/first", content: "x" },
          { name: "d", type: "2", link: "../.." },
          { name: "d/canary", content: "x" },
        ],
        makes: ["canary", "d"],
      },
    };
    for (const [title, { members, makes }] of Object.entries(written)) {
      it(title, async () => {
        await unpackMembers(members);
        assert.equal(outside(), "canary\nin.tar\nout\nuntouched");
        assert.deepEqual(listed(), makes);
      });
    }

    const refused: Record<string, { members: readonly RawMember[]; why: RegExp }> = {
      "a hard link to a file outside": {
        members: [{ name: "stolen", type: "1", link: "../canary" }],
        why: /stolen: a hard link to canary, which is not there/,
      },
      "a hard link through a link to outside": {
        members: [
          { name: "up", type: "2", link: "/.." },
          { name: "stolen", type: "1", link: "up/canary" },
        ],
        why: /a hard link to up\/canary, which is not there/,
      },
      "a hard link to a directory": {
        members: [
          { name: "d", type: "5" },
          { name: "stolen", type: "1", link: "d" },
        ],
        why: /cannot be linked/,
      },
      "a hard link to itself": { members: [{ name: "a", type: "1", link: "./a" }], why: /to itself/ },
      "a path below a file": {
        members: [
          { name: "f", content: "x" },
          { name: "f/below", content: "x" },
        ],
        why: /f: is in the way of a directory/,
      },
      "a file as the root": {
        members: [{ name: "..", content: "x" }],
        why: /^invalid archive: \.\.: it would be the root, which can only be a directory$/,
      },
      "a path through a link to itself": {
        members: [{ name: "l", type: "2", link: "l" }, { name: "l/x" }],
        why: /^invalid archive: l\/x: its path leads through more than 40 symbolic links$/,
      },
      "a path with a name too long": {
        members: [paxMember({ path: `d/${"n".repeat(256)}` }), {}],
        why: /^invalid archive: d\/n+: its path or target has a name of more than 255 bytes, or more than 4095 in all$/,
      },
      "a link with a target too long": {
        members: [paxMember({ path: "l", linkpath: "n/".repeat(2048) }), { type: "2" }],
        why: /^invalid archive: l: its path or target has a name of more than 255 bytes, /,
      },
      "an extended attribute that is none": {
        members: [paxMember({ "SCHILY.xattr.user.": "x" }), { name: "f" }],
        why: /^invalid archive: f: an extended attribute whose name or value Linux does not take$/,
      },
      "a type nobody knows": { members: [{ type: "Q" }], why: /type "Q" is not known/ },
      "a link without a target": { members: [{ name: "l", type: "2" }], why: /without a target/ },
    };
    for (const [title, { members, why }] of Object.entries(refused)) {
      it(`${title}, which it refuses`, async () => {
        await assert.rejects(
          unpackMembers(members),
          (error) => isCode(error, "ARCHIVE_INVALID") && why.test(error.message),
        );
        assert.equal(outside(), "canary\nin.tar\nout\nuntouched");
        assert.equal(statSync(scratch.join("canary")).nlink, 1);
      });
    }

    it("a file without a name, which it refuses in a layer", async () => {
      await assert.rejects(unpackBytes(rawTar({ name: "", content: "x" }), { whiteouts: "overlay" }), {
        code: "ARCHIVE_INVALID",
        message:
          "invalid archive: a member without a name: it would be the root, which can only be a directory",
      });
    });

    it("10 GB of holes, within the limit or not at all", async () => {
      const sparse = rawTar({
        name: "huge",
        type: "S",
        magic: "ustar  \0",
        patch: { 386: gigabytes(0), 398: gigabytes(0), 483: base256(10n * 2n ** 30n) },
      });
      await unpackBytes(sparse);
      assert.equal(statSync(scratch.join("out/huge")).size, 10 * 2 ** 30);
      assert.equal(statSync(scratch.join("out/huge")).blocks, 0);
      await assert.rejects(
        unpackBytes(sparse, { whiteouts: "keep", maxBytes: 2 ** 30 }),
        /invalid archive: the content is larger than the limit of 1073741824 bytes/,
      );
    });
  });

  describe("refuses a damaged archive", () => {
    const whole = rawTar({ name: "f", content: "x".repeat(2000) });
    const pax = (content: string): Buffer => rawTar({ type: "x", content }, { name: "f" });
    const sparse = (map: string, stored = 512): Buffer =>
      rawTar(paxMember({ "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1000" }), {
        name: "f",
        content: map.padEnd(stored, "\0"),
      });
    const cases: Record<string, { bytes: Buffer; why: RegExp }> = {
      "cut in a header": { bytes: whole.subarray(0, 300), why: /unexpected end/ },
      "cut in the content": { bytes: whole.subarray(0, 1024), why: /unexpected end/ },
      "cut in the padding": { bytes: whole.subarray(0, 512 + 2001), why: /unexpected end/ },
      "with a wrong checksum": { bytes: rawTar({ checksum: "0000001\0" }), why: /checksum is wrong/ },
      "that is no archive": { bytes: Buffer.alloc(4096, "hello "), why: /checksum is wrong|octal/ },
      "with a negative size": { bytes: rawTar({ size: base256(-1n) }), why: /the size -1 is out of range/ },
      "with a size out of range": { bytes: rawTar({ size: Buffer.alloc(12, 0xbf) }), why: /out of range/ },
      "with letters for a size": { bytes: rawTar({ size: "00000000abc\0" }), why: /not an octal number/ },
      "with an endless long name": {
        bytes: rawTar({ type: "L", size: gigabytes(1) }),
        why: /larger than 1 MiB/,
      },
      "with an endless PAX header": {
        bytes: rawTar({ type: "x", size: gigabytes(1) }),
        why: /larger than 1 MiB/,
      },
      "with a PAX record too long": { bytes: pax("99 path=x\n"), why: /PAX record/ },
      "with a PAX record too short": { bytes: pax("3 path=x\n"), why: /PAX record/ },
      "with a PAX record without a key": { bytes: pax("6 =xx\n"), why: /no key/ },
      "with a NUL in a PAX path": { bytes: rawTar(paxMember({ path: "a\0b" }), {}), why: /NUL/ },
      "with a negative PAX size": { bytes: rawTar(paxMember({ size: "-5" }), {}), why: /the size "-5"/ },
      "with a PAX time that is none": {
        bytes: rawTar(paxMember({ mtime: "soon" }), {}),
        why: /time is not a number/,
      },
      "with a sparse map that leaves the file": { bytes: sparse("1\n900\n200\n"), why: /leaves the file/ },
      "with a sparse map out of order": { bytes: sparse("2\n500\n10\n100\n10\n"), why: /not in order/ },
      "with a sparse map that fits no content": {
        bytes: sparse("1\n0\n100\n"),
        why: /does not fit its content/,
      },
      "with a sparse map without an end": { bytes: sparse("9".repeat(1024), 1024), why: /map is broken/ },
      "with too many sparse parts": { bytes: sparse("99999999\n"), why: /too many parts/ },
    };
    for (const [title, { bytes, why }] of Object.entries(cases)) {
      it(title, async () => {
        await assert.rejects(
          unpackBytes(bytes),
          (error) => isCode(error, "ARCHIVE_INVALID") && why.test(error.message),
        );
      });
    }

    it("but not one that lacks the zero blocks, or is empty", async () => {
      await unpackBytes(whole.subarray(0, 512 + 2048));
      assert.deepEqual(listed(), ["f"]);
      assert.deepEqual(await unpackBytes(Buffer.alloc(0)), { entries: 0, bytes: 0 });
    });
  });

  describe("applies whiteouts", () => {
    const opaque = { "trusted.overlay.opaque": hex("y") };

    it("as overlayfs marks", async () => {
      await unpackMembers(
        [
          { name: "d/", type: "5", mode: 0o755 },
          { name: "d/.wh..wh..opq" },
          { name: "d/.wh.gone" },
          { name: "replaced/", type: "5" },
          { name: "replaced/new", content: "x" },
          { name: ".wh.replaced" },
          { name: ".wh.first" },
          { name: "first/", type: "5" },
          { name: ".wh..wh.plnk" },
          { name: "stays", content: "x" },
          { name: ".wh.stays" },
        ],
        { whiteouts: "overlay" },
      );
      assert.deepEqual(listed(), ["d", "d/gone", "first", "replaced", "replaced/new", "stays"]);
      for (const name of ["d", "first", "replaced"])
        assert.deepEqual(getXattrs(scratch.join("out", name)), opaque, name);
      assert.equal(shell(scratch.join("out"), "stat -c '%F %t:%T' d/gone"), "character special file 0:0\n");
    });

    it("to what is there, but not to what the same layer brought", async () => {
      shell(
        scratch.join("out"),
        "mkdir -p d/old/deep keep; touch d/old/deep/x d/a d/b keep/old gone; ln -s / link",
      );
      await unpackMembers(
        [
          { name: "d/a", content: "new" },
          { name: "d/.wh..wh..opq" },
          { name: ".wh.gone" },
          { name: ".wh.link" },
          { name: ".wh.not-there" },
          { name: "keep/new", content: "x" },
          { name: ".wh.keep" },
          { name: "none/.wh.x" },
        ],
        { whiteouts: "apply" },
      );
      assert.deepEqual(listed(), ["d", "d/a", "keep", "keep/new"]);
      assert.equal(readFileSync(scratch.join("out/d/a"), "utf8"), "new");
    });

    it("not at all to a plain archive", async () => {
      await unpackMembers([{ name: ".wh.file" }, { name: ".wh..wh..opq" }]);
      assert.deepEqual(listed(), [".wh..wh..opq", ".wh.file"]);
    });

    for (const name of [".wh.", ".wh..", ".wh..."]) {
      it(`and refuses one of ${JSON.stringify(name.slice(4))}`, async () => {
        for (const whiteouts of ["overlay", "apply"] as const) {
          await assert.rejects(
            unpackMembers([{ name: `d/${name}` }], { whiteouts }),
            /a whiteout of no name/,
          );
        }
        assert.ok(existsSync(scratch.join("out")));
      });
    }
  });

  it("lets the last member of a name win", async () => {
    await unpackMembers([
      { name: "a", content: "first" },
      { name: "a", content: "second" },
      { name: "tree/deep/file", content: "x" },
      { name: "tree", content: "now a file" },
      { name: "b", content: "file" },
      { name: "b", type: "5", mode: 0o700 },
      { name: "b/below", content: "x" },
      { name: "d", type: "5", mode: 0o755 },
      { name: "d/kept", content: "x" },
      { name: "d", type: "5", mode: 0o711 },
    ]);
    assert.deepEqual(listed(), ["a", "b", "b/below", "d", "d/kept", "tree"]);
    assert.equal(readFileSync(scratch.join("out/a"), "utf8"), "second");
    assert.equal(statSync(scratch.join("out/d")).mode & 0o777, 0o711);
  });

  it("resolves links of the target as in a chroot", async () => {
    mkdirSync(scratch.join("out/usr/lib"), { recursive: true });
    symlinkSync("/usr/lib", scratch.join("out/lib"));
    await unpackMembers([{ name: "lib/x", content: "x" }, { name: "missing/dir/y" }]);
    assert.deepEqual(listed(), [
      "lib",
      "missing",
      "missing/dir",
      "missing/dir/y",
      "usr",
      "usr/lib",
      "usr/lib/x",
    ]);
    assert.equal(statSync(scratch.join("out/missing/dir")).mode & 0o7777, 0o755);
  });

  it("keeps owners, setuid bits and times, of directories as well", async () => {
    await unpackMembers([
      { name: "d/", type: "5", mode: 0o2750, uid: 7 },
      { name: "d/su", mode: 0o4755, uid: 1234, content: "x" },
      paxMember({
        mtime: "1234567890.5",
        uid: "3000000",
        "SCHILY.xattr.user.a": "b",
        "SCHILY.xattr.trusted.overlay.opaque": "y",
      }),
      { name: "d/pax" },
      paxMember({ mtime: "-0.25" }),
      { name: "d/old" },
    ]);
    const stats = shell(scratch.join("out"), "stat -c '%n %a %u %.3Y' d d/su d/pax d/old");
    assert.equal(
      stats,
      "d 2750 7 1600000000.000\nd/su 4755 1234 1600000000.000\nd/pax 644 3000000 1234567890.500\nd/old 644 0 -0.250\n",
    );
    assert.deepEqual(getXattrs(scratch.join("out/d/pax")), { "user.a": hex("b") });
  });

  it("gives every entry the owner it is told", async () => {
    const owner = { uid: 1000, gid: 2000 };
    await unpackMembers(
      [
        { name: "new/f", uid: 5 },
        { name: "l", type: "2", link: "x" },
      ],
      { whiteouts: "keep", owner },
    );
    assert.equal(shell(scratch.join("out"), "stat -c '%u:%g' new new/f l"), "1000:2000\n".repeat(3));
  });

  it("gives the target a layer's root metadata, and leaves ADD's destination alone", async () => {
    const root: RawMember = { name: "./", type: "5", mode: 0o711, uid: 9 };
    await unpackMembers([root]);
    assert.equal(statSync(scratch.join("out")).uid, 0);
    await unpackMembers([root], { whiteouts: "overlay" });
    assert.equal(statSync(scratch.join("out")).uid, 9);
    assert.equal(statSync(scratch.join("out")).mode & 0o777, 0o711);
  });

  it("makes devices and fifos", async () => {
    await unpackMembers([
      { name: "null", type: "3", major: 1, minor: 3, mode: 0o666 },
      { name: "disk", type: "4", major: 8, minor: 1 },
      { name: "pipe", type: "6" },
    ]);
    assert.equal(
      shell(scratch.join("out"), "stat -c '%F %a %t:%T' null disk"),
      "character special file 666 1:3\nblock special file 644 8:1\n",
    );
    assert.equal(shell(scratch.join("out"), "stat -c %F pipe"), "fifo\n");
  });

  it("reads old headers: V7 directories, spaces for zeros, signed checksums", async () => {
    const old = rawHeader({
      name: "dir/",
      type: "\0",
      magic: "",
      size: "          0 ",
      patch: { 100: "   755 \0" },
    });
    const accented = rawHeader({ name: Buffer.from("é").toString("latin1"), magic: "" });
    const signed = Buffer.from(accented);
    const sum = signed.reduce(
      (total, byte, at) => total + (at >= 148 && at < 156 ? 32 : (byte << 24) >> 24),
      0,
    );
    signed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    await unpackBytes(Buffer.concat([old, signed, Buffer.alloc(1024)]));
    assert.equal(listed().length, 2);
    assert.ok(statSync(scratch.join("out/dir")).isDirectory());
  });

  it("names the system call that fails", async () => {
    await assert.rejects(unpack(scratch.join("canary"), scratch.join("nowhere")), {
      message: `open ${scratch.join("nowhere")}: ENOENT`,
    });
  });
});
