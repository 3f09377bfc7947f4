import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { finished } from "node:stream/promises";
import { extract, type Header } from "tar-stream";
import { isCode } from "../../core/errors.ts";
import { loadKernel } from "../../native/binding.ts";
import type { LayerEntry, WrittenLayer } from "../../native/kernel.ts";
import { Scratch } from "../support/scratch.ts";
import { DIRECTORY, NET_RAW, requiresKernel, run, unpack, withOpen } from "./support.ts";

const plain = { mode: 0o644, uid: 0, gid: 0, mtime: 1_700_000_000 };
const long = (part: string, length: number) => part.repeat(Math.ceil(length / part.length)).slice(0, length);

/** One of everything, out of order. */
const everything: readonly LayerEntry[] = [
  { ...plain, type: "symlink", path: "usr/bin/sh", link: "dash", mode: 0o777 },
  { ...plain, type: "dir", path: "usr", mode: 0o755 },
  { ...plain, type: "dir", path: "usr/bin", mode: 0o1777, uid: 1000, gid: 100 },
  { ...plain, type: "file", path: "usr/bin/dash", size: 5, data: Buffer.from("dash\n"), mode: 0o4755 },
  { ...plain, type: "hardlink", path: "usr/bin/link", link: "usr/bin/dash" },
  { ...plain, type: "char", path: "null", major: 1, minor: 3 },
  { ...plain, type: "block", path: "loop", major: 7, minor: 0 },
  { ...plain, type: "fifo", path: "pipe" },
  { ...plain, type: "whiteout", path: "usr/gone" },
  { ...plain, type: "opaque", path: "usr/bin" },
  { ...plain, type: "file", path: "usr-after", size: 0 },
  { ...plain, type: "file", path: `${long("a/", 240)}f`, size: 1, data: Buffer.from("x") },
  { ...plain, type: "file", path: long("b", 120), size: 1, data: Buffer.from("y") },
  { ...plain, type: "symlink", path: "far", link: long("c/", 150) },
  { ...plain, type: "file", path: "big-owner", size: 0, uid: 3_000_000, gid: 4_000_000_000 },
  { ...plain, type: "file", path: "old", size: 0, mtime: -86_400 },
  {
    ...plain,
    type: "file",
    path: "ping",
    size: 0,
    xattrs: new Map([
      ["security.capability", NET_RAW],
      ["user.note", Buffer.from("a=b\n")],
    ]),
  },
];

describe("native/layer-writer", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
    scratch = new Scratch();
    mkdirSync(scratch.join("root"));
  });
  after(() => scratch?.[Symbol.dispose]());

  const write = (tar: string, entries: readonly LayerEntry[]): Promise<WrittenLayer> =>
    withOpen(scratch.join("root"), DIRECTORY, (root) =>
      withOpen(scratch.join(tar), "w", (out) => loadKernel().writeLayer(out, root, entries)),
    );

  async function members(tar: string): Promise<Header[]> {
    const found: Header[] = [];
    const reader = extract();
    reader.on("entry", (header, content, next) => {
      found.push(header);
      content.on("end", next).resume();
    });
    await finished(createReadStream(scratch.join(tar)).pipe(reader));
    return found;
  }

  it("writes the same bytes for the same entries in any order", async () => {
    const written = await write("a.tar", everything);
    await write("b.tar", [...everything].reverse());
    const bytes = readFileSync(scratch.join("a.tar"));
    assert.deepEqual(readFileSync(scratch.join("b.tar")), bytes);
    assert.equal(written.size, bytes.length);
    assert.equal(written.entries, everything.length);
    const digest = createHash("sha256").update(bytes).digest("hex");
    assert.equal(written.diffId.toString("hex"), digest);
    // Recorded: other bytes for the same entries would give every layer another digest.
    assert.equal(digest, "dd78009fd9c2d929016146e59a2b86d815be2dc1344e8bc11270660423580f87");
  });

  it("sorts by path bytes, directories before what is in them", async () => {
    await write("sorted.tar", everything);
    const names = run("tar", "-tf", scratch.join("sorted.tar")).trim().split("\n");
    const paths = names.map((name) => name.replace(/\/$/, ""));
    assert.deepEqual(
      paths,
      [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    assert.ok(names.indexOf("usr/") < names.indexOf("usr/bin/"));
  });

  it("is read by tar-stream as it was meant", async () => {
    await write("read.tar", everything);
    const found = new Map(
      (await members("read.tar")).map((header) => [header.name.replace(/\/$/, ""), header]),
    );
    for (const entry of everything) {
      if (entry.type === "whiteout" || entry.type === "opaque") continue;
      const header = found.get(entry.path);
      assert.ok(header, entry.path);
      // tar-stream shows these PAX records without applying them.
      const pax = (header.pax ?? {}) as Readonly<Record<string, string>>;
      const stated = {
        mode: header.mode,
        uid: Number(pax["uid"] ?? header.uid),
        gid: Number(pax["gid"] ?? header.gid),
        mtime: Number(pax["mtime"] ?? (header.mtime?.getTime() ?? 0) / 1000),
      };
      const { mode, uid, gid, mtime } = entry;
      assert.deepEqual(stated, { mode, uid, gid, mtime }, entry.path);
      if (entry.type === "symlink" || entry.type === "hardlink") assert.equal(header.linkname, entry.link);
    }
    assert.deepEqual(found.get("usr/.wh.gone")?.size, 0);
    assert.deepEqual(found.get("usr/bin/.wh..wh..opq")?.size, 0);
    assert.deepEqual(found.get("ping")?.pax, {
      "SCHILY.xattr.security.capability": NET_RAW.toString("utf8"),
      "SCHILY.xattr.user.note": "a=b\n",
    });
  });

  it("is listed by GNU tar without a complaint", async () => {
    await write("gnu.tar", everything);
    const listed = run("tar", "--numeric-owner", "--full-time", "--utc", "-tvf", scratch.join("gnu.tar"));
    assert.match(listed, /^drwxrwxrwt 1000\/100 +0 2023-11-14 22:13:20 usr\/bin\/$/m);
    assert.match(listed, /^-rwsr-xr-x 0\/0 +5 2023-11-14 22:13:20 usr\/bin\/dash$/m);
    assert.match(listed, /^hrw-r--r-- 0\/0 +0 2023-11-14 22:13:20 usr\/bin\/link link to usr\/bin\/dash$/m);
    assert.match(listed, /^crw-r--r-- 0\/0 +1,3 2023-11-14 22:13:20 null$/m);
    assert.match(listed, /^-rw-r--r-- 3000000\/4000000000 +0 .* big-owner$/m);
    assert.match(listed, /^-rw-r--r-- 0\/0 +0 1969-12-31 00:00:00 old$/m);
  });

  it("says in ustar what ustar can say", async () => {
    const path = `${long("d/", 155)}/${long("n", 100)}`;
    await write("ustar.tar", [
      { ...plain, type: "file", path, size: 0 },
      { ...plain, type: "file", path: `x${path}`, size: 0 },
    ]);
    const bytes = readFileSync(scratch.join("ustar.tar"));
    // One header; then a PAX header of two blocks and a header; then the end.
    assert.equal(bytes.length, 512 * (1 + 3 + 2));
    assert.equal(bytes[156], "0".charCodeAt(0));
    assert.equal(bytes[512 + 156], "x".charCodeAt(0));
  });

  it("copies files of every size around its buffers", async () => {
    const sizes = [0, 1, 511, 512, 513, 4095, 524_287, 524_288, 524_289, 3_000_001, 6_000_000];
    const entries = sizes.map((size): LayerEntry => {
      writeFileSync(scratch.join(`root/s${size}`), Buffer.alloc(size, `${size} `));
      return { ...plain, type: "file", path: `s${size}`, size, source: `s${size}` };
    });
    const written = await write("sizes.tar", entries);
    const tar = scratch.join("sizes.tar");
    assert.equal(statSync(tar).size, written.size);
    assert.equal(run("sha256sum", tar).slice(0, 64), written.diffId.toString("hex"));
    // GNU tar compares content, owners and modes with the files; times differ.
    run("sh", "-c", `chmod 644 ${scratch.path}/root/s* && touch -d @1700000000 ${scratch.path}/root/s*`);
    assert.equal(run("tar", "-df", tar, "-C", scratch.join("root")), "");
  });

  it("keeps a hole a hole, in the tar and in what is unpacked from it", async () => {
    const size = 48 << 20;
    const source = scratch.join("root/holes");
    run("sh", "-c", `printf start > ${source}; truncate -s ${size - 3} ${source}; printf end >> ${source}`);
    run("truncate", "-s", String(size), scratch.join("root/hollow"));
    const entries = ["holes", "hollow"].map(
      (path): LayerEntry => ({ ...plain, type: "file", path, size, source: path }),
    );
    const written = await write("holes.tar", entries);
    const tar = scratch.join("holes.tar");
    assert.equal(run("sha256sum", tar).slice(0, 64), written.diffId.toString("hex"));
    mkdirSync(scratch.join("unpacked"));
    await unpack(tar, scratch.join("unpacked"), { whiteouts: "keep" });
    for (const path of ["holes", "hollow"])
      run("cmp", scratch.join(`root/${path}`), scratch.join(`unpacked/${path}`));
    for (const file of [tar, scratch.join("unpacked/holes"), scratch.join("unpacked/hollow")])
      assert.ok(statSync(file).blocks * 512 < 4 << 20, `${file} has ${statSync(file).blocks} blocks`);
  });

  for (const [change, size] of [
    ["shrank", 600_000],
    ["grew", 800_000],
    ["was emptied", 0],
  ] as const) {
    it(`refuses a file that ${change} since it was looked at`, async () => {
      writeFileSync(scratch.join("root/changing"), Buffer.alloc(700_000));
      truncateSync(scratch.join("root/changing"), size);
      const entry: LayerEntry = { ...plain, type: "file", path: "f", size: 700_000, source: "changing" };
      await assert.rejects(write("changed.tar", [entry]), (error) => {
        assert.ok(isCode(error, "SYSCALL_FAILED"));
        assert.deepEqual(error.detail, { syscall: "read", errno: "EIO", path: "changing" });
        assert.equal((error.cause as Error).message, "file changed while it was read");
        return true;
      });
    });
  }

  it("does not follow a source that became a link, and names one that is missing", async () => {
    run("ln", "-sf", "/etc/passwd", scratch.join("root/link"));
    const entry = (source: string): LayerEntry => ({ ...plain, type: "file", path: "f", size: 1, source });
    await assert.rejects(write("link.tar", [entry("link")]), { message: "openat2 link: ELOOP" });
    await assert.rejects(write("link.tar", [entry("none")]), { message: "openat2 none: ENOENT" });
  });

  it("fails when the disk is full", async () => {
    await withOpen(scratch.join("root"), DIRECTORY, (root) =>
      withOpen("/dev/full", "w", async (out) => {
        await assert.rejects(loadKernel().writeLayer(out, root, everything), { message: "write: ENOSPC" });
        const data = Buffer.alloc(9_000_000);
        const large: LayerEntry = { ...plain, type: "file", path: "f", size: data.length, data };
        await assert.rejects(loadKernel().writeLayer(out, root, [large]), { message: "write: ENOSPC" });
      }),
    );
  });

  it("writes an empty layer as two zero blocks", async () => {
    const written = await write("empty.tar", []);
    assert.deepEqual(readFileSync(scratch.join("empty.tar")), Buffer.alloc(1024));
    assert.deepEqual([written.size, written.entries], [1024, 0]);
  });
});
