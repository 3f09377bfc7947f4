import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import type { ScanEntry } from "../../native/kernel.ts";
import { Scratch } from "../support/scratch.ts";
import {
  DIRECTORY,
  describeTree,
  getXattrs,
  hex,
  python,
  requiresKernel,
  run,
  setXattr,
  shell,
  withOpen,
} from "./support.ts";

describe("native/trees", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
  });
  beforeEach(() => {
    scratch = new Scratch();
    mkdirSync(scratch.join("tree"));
    shell(
      scratch.join("tree"),
      `mkdir -p a/b/c a-b empty; echo one > a/b/one; ln a/b/one a/linked; ln -s b/one a/soft; echo x > a-b/x
       mknod null c 1 3; mkfifo pipe; chmod 4755 a/b/one; chown 5:6 a/b; chmod 000 a-b/x; touch 'sp ace'
       truncate -s 8M sparse; printf mid | dd of=sparse bs=1 seek=4000000 conv=notrunc status=none
       find . -exec touch -h -d @1500000000.123456789 {} +`,
    );
  });
  afterEach(() => scratch?.[Symbol.dispose]());

  const scan = (path: string, options?: { prune: string[] }): Promise<readonly ScanEntry[]> =>
    withOpen(scratch.join("tree"), DIRECTORY, async (root) => [
      ...(await loadKernel().scan(root, path, options)),
    ]);

  describe("scan", () => {
    it("finds what find(1) finds, in the order of bytes", async () => {
      const found = (await scan("")).map(({ path, stat }) => {
        const letters = { file: "f", dir: "d", symlink: "l", char: "c", block: "b", fifo: "p", socket: "s" };
        const seconds = `${stat.mtimeNs / 1_000_000_000n}.${stat.mtimeNs % 1_000_000_000n}`;
        const numbers = `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${stat.size} ${stat.nlink} ${stat.ino}`;
        return `${path} ${letters[stat.type]} ${numbers} ${seconds} ${stat.link ?? ""}`;
      });
      // biome-ignore format: find's own format string
      const lines = shell(scratch.join("tree"), "find . -mindepth 1 -printf '%P %y %m %U:%G %s %n %i %T@ %l\\n'").split("\n");
      const wanted = lines.slice(0, -1).map((line) => line.replace(/(\.\d{9})0 /, "$1 "));
      assert.deepEqual([...found].sort(), wanted.sort());
      const paths = (await scan("")).map((entry) => Buffer.from(entry.path));
      assert.deepEqual(
        paths,
        [...paths].sort((a, b) => Buffer.compare(a, b)),
      );
    });

    it("gives device numbers as the file system module does", async () => {
      const node = (await scan("")).find((entry) => entry.path === "null");
      assert.deepEqual([node?.stat.rdevMajor, node?.stat.rdevMinor], [1, 3]);
      assert.equal(node?.stat.dev, statSync(scratch.join("tree/null"), { bigint: true }).dev);
      assert.equal(node?.stat.ctimeNs, statSync(scratch.join("tree/null"), { bigint: true }).ctimeNs);
    });

    it("starts at a path, and leaves out what it is told", async () => {
      const paths = (await scan("a", { prune: ["b/c", "linked"] })).map((entry) => entry.path);
      assert.deepEqual(paths, ["b", "b/one", "soft"]);
    });

    it("fails for what is no directory", async () => {
      await assert.rejects(scan("sparse"), /ENOTDIR/);
      await assert.rejects(scan("nowhere"), /ENOENT/);
    });
  });

  it("fingerprints a large file by the digests of its pieces", async () => {
    const large = 8 << 20;
    const piece = 32 << 10;
    const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();
    // Sixteen pieces are digested at once; the last ones of a file may be fewer.
    for (const size of [large, large + 1, large + piece, large + 15 * piece + 7, large + 16 * piece]) {
      const bytes = randomBytes(size);
      writeFileSync(scratch.join("large"), bytes);
      const pieces = Array.from({ length: Math.ceil(size / piece) }, (_, i) =>
        sha256(bytes.subarray(i * piece, (i + 1) * piece)),
      );
      const whole = size > large ? Buffer.concat([...pieces, sha256(Buffer.of())]) : bytes;
      const prints = await withOpen(scratch.path, DIRECTORY, (root) =>
        loadKernel().fingerprintFiles(root, ["large"]),
      );
      assert.deepEqual([...prints], [{ content: sha256(whole).toString("base64") }], `${size} bytes`);
    }
  });

  it("fingerprints files in their order, and names the one that fails", async () => {
    setXattr(scratch.join("tree/a-b/x"), "user.note", "1");
    const paths = ["sparse", "a/soft", "a-b/x"];
    await withOpen(scratch.join("tree"), DIRECTORY, async (root) => {
      const many = [...paths, ...Array<string>(100).fill("a/linked")];
      const prints = await loadKernel().fingerprintFiles(root, many);
      const wanted = many.map((path) => {
        const bytes = readFileSync(scratch.join("tree", path));
        const content = createHash("sha256").update(bytes).digest("base64");
        return path === "a-b/x"
          ? { content, xattrs: new Map([["user.note", Buffer.from("1")]]) }
          : { content };
      });
      assert.deepEqual([...prints], wanted);
      assert.equal((await loadKernel().fingerprintFiles(root, [])).length, 0);
      await assert.rejects(loadKernel().fingerprintFiles(root, ["a/soft", "gone"]), /openat2 gone: ENOENT/);
      await assert.rejects(loadKernel().fingerprintFiles(root, ["pipe"]), /read pipe: EINVAL/);
    });
  });

  it("reads the attributes that belong into a layer", async () => {
    setXattr(scratch.join("tree/a"), "user.kept", "1");
    setXattr(scratch.join("tree/a"), "trusted.dropped", "2");
    await withOpen(scratch.join("tree"), DIRECTORY, (root) => {
      assert.deepEqual(loadKernel().readXattrs(root, "a"), new Map([["user.kept", Buffer.from("1")]]));
      assert.deepEqual(loadKernel().readXattrs(root, "a/soft"), new Map());
    });
  });

  it("tells which directories are opaque", async () => {
    setXattr(scratch.join("tree/a"), "trusted.overlay.opaque", "y");
    setXattr(scratch.join("tree/empty"), "trusted.overlay.opaque", "x");
    await withOpen(scratch.join("tree"), DIRECTORY, (root) => {
      const opaque = ["a", "empty", "a-b", ""].map((path) => loadKernel().isOpaque(root, path));
      assert.deepEqual(opaque, [true, false, false, false]);
    });
  });

  describe("copyTree", () => {
    it("keeps owners, modes, times, links, devices, holes and attributes", async () => {
      setXattr(scratch.join("tree/a"), "user.note", "kept");
      setXattr(scratch.join("tree/empty"), "trusted.overlay.opaque", "y");
      const before = describeTree(scratch.join("tree"));
      await loadKernel().copyTree(scratch.join("tree"), scratch.join("copy"));
      assert.equal(describeTree(scratch.join("copy")), before);
      assert.ok(statSync(scratch.join("copy/sparse")).blocks < 64);
      assert.deepEqual(getXattrs(scratch.join("copy/a")), { "user.note": hex("kept") });
      assert.deepEqual(getXattrs(scratch.join("copy/empty")), { "trusted.overlay.opaque": hex("y") });
    });

    it("takes an empty directory as it is and refuses one that is not, and a link to one", async () => {
      mkdirSync(scratch.join("copy"));
      const { ino } = statSync(scratch.join("copy"));
      shell(scratch.path, "mkdir other; ln -s other link");
      await loadKernel().copyTree(scratch.join("tree"), scratch.join("copy"));
      assert.equal(statSync(scratch.join("copy")).ino, ino);
      assert.equal(describeTree(scratch.join("copy")), describeTree(scratch.join("tree")));
      await assert.rejects(loadKernel().copyTree(scratch.join("tree"), scratch.join("link")), /open .*link/);
      const copied = loadKernel().copyTree(scratch.join("tree"), scratch.join("copy"));
      await assert.rejects(copied, { message: `mkdir ${scratch.join("copy")}: EEXIST` });
    });
  });

  describe("removeTree", () => {
    it("removes a tree, a file, a link, and nothing", async () => {
      shell(scratch.path, "mkdir kept; touch kept/file; ln -s ../kept tree/out; ln -s kept link; touch file");
      for (const name of ["tree", "file", "link", "link", "nowhere/below", "nowhere/"]) {
        await loadKernel().removeTree(scratch.join(name));
        assert.equal(existsSync(scratch.join(name)), false);
      }
      assert.ok(existsSync(scratch.join("kept/file")));
    });

    it("removes a tree deeper than any path can be", async () => {
      python(
        `import os, sys
os.chdir(sys.argv[1])
for i in range(300):
    os.mkdir("d" * 200); open("file", "w"); os.chdir("d" * 200)`,
        scratch.join("tree"),
      );
      await loadKernel().removeTree(scratch.join("tree"));
      assert.deepEqual(shell(scratch.path, "ls -A"), "");
    });

    it("does not enter another mount", async () => {
      shell(scratch.path, "mkdir other; touch other/precious");
      const program = `import { loadKernel } from ${JSON.stringify(new URL("../../native/binding.ts", import.meta.url).href)};
        await loadKernel().removeTree(process.argv[1]).then(() => console.log("removed"), (e) => console.log(e.message));`;
      // In a mount namespace of its own: the mount ends with the process.
      const script = `mount --bind "$1" "$2"; exec "$3" --import tsx --input-type=module --eval "$4" "$5"`;
      const [other, target, tree] = [scratch.join("other"), scratch.join("tree/a/b/c"), scratch.join("tree")];
      const said = run(
        "unshare",
        "--mount",
        "sh",
        "-euc",
        script,
        "sh",
        other,
        target,
        process.execPath,
        program,
        tree,
      );
      assert.match(said, /EXDEV|EBUSY/);
      assert.ok(existsSync(scratch.join("other/precious")));
    });

    it("refuses to remove what has no name", async () => {
      await assert.rejects(loadKernel().removeTree("/"), /EINVAL/);
      await assert.rejects(loadKernel().removeTree(`${scratch.path}/tree/..`), /EINVAL/);
    });
  });
});
