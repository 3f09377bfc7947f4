import assert from "node:assert/strict";
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { isCode } from "../../core/errors.ts";
import { loadKernel } from "../../native/binding.ts";
import { FileTable } from "../../native/file-table.ts";
import { Scratch } from "../support/scratch.ts";
import { DIRECTORY, requiresKernel, shell } from "./support.ts";

describe("native/files", () => {
  let scratch: Scratch;
  let root: number;

  before(function () {
    requiresKernel(this);
    scratch = new Scratch();
    mkdirSync(scratch.join("root/etc"), { recursive: true });
    mkdirSync(scratch.join("root/usr/lib"), { recursive: true });
    writeFileSync(scratch.join("secret"), "outside");
    writeFileSync(scratch.join("root/secret"), "inside");
    writeFileSync(scratch.join("root/etc/passwd"), "root:x:0:0::/:/bin/sh\n");
    for (const [path, target] of [
      ["lib", "usr/lib"],
      ["up", "../../../secret"],
      ["absolute", "/secret"],
      ["loop", "loop"],
      ["dangling", "/nowhere/file"],
      ["usr/lib/etc", "../../etc"],
    ] as const) {
      symlinkSync(target, scratch.join("root", path));
    }
    root = openSync(scratch.join("root"), DIRECTORY);
  });
  after(() => {
    if (root !== undefined) closeSync(root);
    scratch?.[Symbol.dispose]();
  });

  for (const path of ["up", "absolute", "../secret", "/../../secret", "lib/../../secret"]) {
    it(`opens ${path} inside the root`, () => {
      const fd = loadKernel().openInRoot(root, path, constants.O_RDONLY);
      assert.equal(readFileSync(fd, "utf8"), "inside");
      closeSync(fd);
    });
  }

  it("names system call, errno and path of what fails", () => {
    const failed = (error: unknown): boolean =>
      isCode(error, "SYSCALL_FAILED") &&
      error.message === "openat2 nowhere/file: ENOENT" &&
      error.detail.errno === "ENOENT";
    assert.throws(() => loadKernel().openInRoot(root, "nowhere/file", constants.O_RDONLY), failed);
  });

  it("creates with the mode it was given", () => {
    const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
    closeSync(loadKernel().openInRoot(root, "lib/new", flags, 0o640));
    assert.equal(loadKernel().statInRoot(root, "usr/lib/new")?.mode, 0o640);
  });

  it("tells what a path is without following its last link", async () => {
    const kernel = loadKernel();
    assert.equal(kernel.statInRoot(root, "lib")?.type, "symlink");
    assert.equal(kernel.statInRoot(root, "lib")?.link, "usr/lib");
    assert.equal(kernel.statInRoot(root, "lib/etc/passwd")?.size, 22);
    assert.equal(kernel.statInRoot(root, "etc/passwd/below"), undefined);
    assert.equal(kernel.statInRoot(root, "")?.type, "dir");
    const stats = await kernel.statManyInRoot(root, ["etc", "nowhere", "etc/passwd", "up"]);
    assert.deepEqual(
      [...stats].map((stat) => stat?.type),
      ["dir", undefined, "file", "symlink"],
    );
  });

  it("tells it of many paths, whatever directory the one before was in", async () => {
    const kinds = {
      "usr/lib/etc": "symlink",
      "lib/etc": "symlink",
      "lib/none": undefined,
      "nowhere/none": undefined,
      "nowhere/other": undefined,
      "etc/passwd": "file",
      "etc/passwd/below": undefined,
      "etc/..": "dir",
      "up/below": undefined,
      "/lib": "symlink",
      "../../secret": "file",
      "lib/etc/passwd": "file",
      "dangling/file": undefined,
      "lib/": "dir",
    };
    const stats = await loadKernel().statManyInRoot(root, Object.keys(kinds));
    assert.deepEqual(
      [...stats].map((stat) => stat?.type),
      Object.values(kinds),
    );
    const passwd = Object.keys(kinds).indexOf("etc/passwd");
    assert.equal(stats.at(passwd)?.ino, BigInt(statSync(scratch.join("root/etc/passwd")).ino));
    await assert.rejects(loadKernel().statManyInRoot(root, ["loop/a"]), { code: "SYSCALL_FAILED" });
  });

  for (const [change, isSame] of [
    ["touch root/apart", true],
    ["touch root/many/sub/added", true],
    ["echo else > root/many/sub/file", false],
    ["chmod 600 root/many/sub/file", false],
    ["ln -sfn other root/many/link", false],
    ["rm root/many/sub/file", false],
    ["mv root/many/sub root/many/moved", false],
  ] as const)
    it(`tells that files of a table are ${isSame ? "the same" : "not the same"} after: ${change}`, async () => {
      const kernel = loadKernel();
      const make = "mkdir -p root/many/sub; echo some > root/many/sub/file; ln -s file root/many/link";
      shell(scratch.path, `rm -rf root/many; ${make}`);
      const files = await kernel.scan(root, "many");
      const again = FileTable.concat([FileTable.of([...files].slice(0, 1)), files.pick([1, 2])]);
      for (const table of [files, again]) {
        assert.deepEqual([table.bytes, table.text], [files.bytes, files.text]);
        assert.equal(await kernel.isUnchanged(root, "many", table), true);
      }
      await changesSeen();
      shell(scratch.path, change);
      for (const table of [files, again]) assert.equal(await kernel.isUnchanged(root, "many", table), isSame);
    });

  for (const [path, resolved] of [
    ["", "/"],
    ["etc/passwd", "/etc/passwd"],
    ["/lib/./x/../y", "/usr/lib/y"],
    ["lib/etc/passwd", "/etc/passwd"],
    ["up", "/secret"],
    ["absolute", "/secret"],
    ["dangling", "/nowhere/file"],
    ["dangling/../other", "/nowhere/other"],
    ["../../a/b/../../../c", "/c"],
  ] as const) {
    it(`resolves ${JSON.stringify(path)} to ${resolved}`, () => {
      assert.equal(loadKernel().resolveInRoot(root, path), resolved);
    });
  }

  it("gives a loop of links up", () => {
    assert.throws(() => loadKernel().resolveInRoot(root, "loop/x"), /ELOOP/);
  });

  it("takes and shows names that are not UTF-8 without loss", async () => {
    shell(scratch.join("root"), "mkdir odd; touch \"odd/$(printf 'a\\377b')\" odd/ü😀");
    const names = [...(await loadKernel().scan(root, "odd"))].map((entry) => entry.path);
    assert.deepEqual(names, ["a\udcffb", "ü😀"]);
    for (const name of names) assert.equal(loadKernel().statInRoot(root, `odd/${name}`)?.type, "file");
  });

  it("locks a file for one open description at a time", () => {
    const path = scratch.join("lock");
    const first = openSync(path, "w");
    const second = openSync(path, "w");
    assert.equal(loadKernel().tryLock(first), true);
    assert.equal(loadKernel().tryLock(second), false);
    closeSync(first);
    assert.equal(loadKernel().tryLock(second), true);
    closeSync(second);
  });
});

/** The kernel's clock for files ticks every few milliseconds: a change is surely seen in a ctime after this. */
const changesSeen = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));
