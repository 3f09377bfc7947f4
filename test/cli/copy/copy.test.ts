import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Header, pack } from "tar-stream";
import { readCopyArgument } from "../../../cli/copy/argument.ts";
import { packPath } from "../../../cli/copy/pack.ts";
import { copyTarget } from "../../../cli/copy/target.ts";
import { unpackInto } from "../../../cli/copy/unpack.ts";
import { Failure } from "../../../core/errors.ts";

describe("readCopyArgument()", () => {
  const cases: readonly [text: string, want: object][] = [
    ["a", { kind: "local", path: "a" }],
    ["/a:b", { kind: "local", path: "/a:b" }],
    ["./a:b", { kind: "local", path: "./a:b" }],
    ["-", { kind: "stream" }],
    ["web:/etc", { kind: "container", container: "web", path: "/etc" }],
    ["web:a:b", { kind: "container", container: "web", path: "a:b" }],
    ["web:", { kind: "container", container: "web", path: "" }],
    [":a", { kind: "local", path: ":a" }],
  ];
  for (const [text, want] of cases) {
    it(`reads ${text}`, () => assert.deepEqual(readCopyArgument(text), want));
  }
});

describe("copyTarget()", () => {
  const file = (path: string) => ({ path, base: "f", directory: false });
  const folder = (path: string) => ({ path, base: "d", directory: true });
  const there = (path: string, directory: boolean) => ({ path, exists: true, directory });
  const nothing = (path: string) => ({ path, exists: false, directory: false });

  type Case = readonly [title: string, Parameters<typeof copyTarget>, into: string, name: string | undefined];
  const good: readonly Case[] = [
    ["a file into a directory", [file("f"), there("x", true)], "destination", "f"],
    ["a file over a file", [file("f"), there("x/g", false)], "parent", "g"],
    ["a file to a new name", [file("f"), nothing("x/g")], "parent", "g"],
    ["a directory into a directory", [folder("d"), there("x", true)], "destination", "d"],
    ["a directory with a slash into a directory", [folder("d/"), there("x", true)], "destination", "d"],
    ["a directory's content into a directory", [folder("d/."), there("x", true)], "destination", undefined],
    ["a directory to a new name", [folder("d"), nothing("x/e")], "parent", "e"],
    ["a directory's content to a new name", [folder("d/."), nothing("x/e/")], "parent", "e"],
  ];
  for (const [title, args, into, name] of good) {
    it(`puts ${title}`, () => assert.deepEqual(copyTarget(...args), { into, name }));
  }
  it("refuses a directory over a file", () =>
    assert.throws(() => copyTarget(folder("d"), there("x", false)), /^Failure: cannot copy directory$/));
  it("refuses a file to a directory that is not there", () =>
    assert.throws(() => copyTarget(file("f"), nothing("x/")), /^Failure: no such directory$/));
});

describe("unpackInto()", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "slipway-cp-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  type Entry = Partial<Header> & { readonly name: string; readonly data?: string };
  const tarOf = (entries: readonly Entry[]): AsyncIterable<Uint8Array> => {
    const tar = pack();
    for (const { data, ...header } of entries) tar.entry(header, data ?? "");
    tar.finalize();
    return tar as AsyncIterable<Uint8Array>;
  };
  const unpack = (entries: readonly Entry[], target = "out") =>
    unpackInto(tarOf(entries), { target: join(folder, target), owner: false });

  it("gives the first component its new name and keeps modes, links and times", async () => {
    const mtime = new Date("2020-01-02T03:04:05Z");
    await unpack([
      { name: "src/", type: "directory", mode: 0o750, mtime },
      { name: "src/f", data: "hello", mode: 0o4711, mtime },
      { name: "src/l", type: "symlink", linkname: "../f" },
      { name: "src/h", type: "link", linkname: "src/f" },
    ]);
    const out = join(folder, "out");
    assert.equal(readFileSync(join(out, "f"), "utf8"), "hello");
    assert.equal(statSync(join(out, "f")).mode & 0o7777, 0o4711);
    assert.equal(statSync(out).mode & 0o7777, 0o750);
    assert.equal(statSync(out).mtime.getTime(), mtime.getTime());
    assert.equal(readlinkSync(join(out, "l")), "../f");
    assert.equal(statSync(join(out, "h")).ino, statSync(join(out, "f")).ino);
  });

  it("replaces a file, and a link without following it", async () => {
    writeFileSync(join(folder, "victim"), "safe");
    symlinkSync("victim", join(folder, "out"));
    await unpack([{ name: "f", data: "new" }]);
    assert.equal(readFileSync(join(folder, "out"), "utf8"), "new");
    assert.equal(readFileSync(join(folder, "victim"), "utf8"), "safe");
  });

  const inside: Entry = { name: "d/", type: "directory" };
  const hostile: readonly [title: string, entries: readonly Entry[]][] = [
    ["climbs out by name", [inside, { name: "d/../../escaped", data: "x" }]],
    [
      "climbs out through a link",
      [inside, { name: "d/l", type: "symlink", linkname: "../.." }, { name: "d/l/escaped", data: "x" }],
    ],
    [
      "turns a directory into a link",
      [inside, { name: "d/e/", type: "directory" }, { name: "d/e", type: "symlink", linkname: "/tmp" }],
    ],
    ["links to a file outside", [inside, { name: "d/h", type: "link", linkname: "d/../../../etc/passwd" }]],
    [
      "links to a file through a link",
      [
        inside,
        { name: "d/l", type: "symlink", linkname: "/etc" },
        { name: "d/h", type: "link", linkname: "d/l/passwd" },
      ],
    ],
    ["makes a device", [{ name: "d", type: "character-device", devmajor: 1, devminor: 5 }]],
  ];
  for (const [title, entries] of hostile) {
    it(`refuses an archive that ${title}`, async () => {
      mkdirSync(join(folder, "in"));
      await assert.rejects(unpack(entries, "in/out"), (error) => error instanceof Failure);
      assert.deepEqual(readdirSync(folder), ["in"]);
    });
  }

  it("takes what packPath() made", async () => {
    const source = join(folder, "source");
    mkdirSync(join(source, "empty"), { recursive: true });
    writeFileSync(join(source, "f"), "x".repeat(100_000), { mode: 0o600 });
    symlinkSync("nowhere", join(source, "l"));
    const tar = packPath(source, "any", { follow: false });
    await unpackInto(tar, { target: join(folder, "copy"), owner: true });
    assert.deepEqual(readdirSync(join(folder, "copy")).sort(), ["empty", "f", "l"]);
    assert.equal(readFileSync(join(folder, "copy", "f"), "utf8").length, 100_000);
    assert.equal(statSync(join(folder, "copy", "f")).mode & 0o777, 0o600);
  });

  it("passes on the error of a source that cannot be read", async () => {
    const missing = packPath(join(folder, "nope"), "n", { follow: false });
    const target = join(folder, "copy");
    await assert.rejects(unpackInto(missing, { target, owner: false }), { code: "ENOENT" });
  });
});
