import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { Scratch } from "../support/scratch.ts";
import {
  describeTree,
  getXattrs,
  hex,
  NET_RAW,
  python,
  requiresKernel,
  run,
  setXattr,
  shell,
  unpack,
  withOpen,
  writeUpperTo,
} from "./support.ts";

describe("native/layer-upper", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
  });
  beforeEach(() => {
    scratch = new Scratch();
    mkdirSync(scratch.join("upper"));
  });
  afterEach(() => scratch?.[Symbol.dispose]());

  const names = (tar: string): string[] => run("tar", "-tf", scratch.join(tar)).trim().split("\n");

  it("gives back, unpacked, the tree that it wrote", async () => {
    shell(
      scratch.join("upper"),
      `mkdir -p usr/bin empty 'odd name'
       echo tool > usr/bin/tool; chmod 4755 usr/bin/tool
       ln usr/bin/tool usr/bin/again; ln usr/bin/tool first
       ln -s bin/tool usr/link; ln -s nowhere dangling
       mknod device c 1 5; mknod disk b 7 9; mkfifo pipe; chmod 600 device
       chown -R 1000:1001 empty; chown -h 1:2 dangling; chmod 1777 empty
       head -c 700000 /dev/urandom > usr/random
       printf x > "odd name/$(printf 'new\\nline')"
       find . -exec touch -h -d @1600000000 {} +`,
    );
    setXattr(scratch.join("upper/usr"), "user.note", "kept");
    setXattr(scratch.join("upper/usr/random"), "security.capability", NET_RAW);
    await writeUpperTo(scratch.join("layer.tar"), scratch.join("upper"));
    mkdirSync(scratch.join("out"));
    await unpack(scratch.join("layer.tar"), scratch.join("out"), { whiteouts: "overlay" });
    assert.equal(describeTree(scratch.join("out")), describeTree(scratch.join("upper")));
    assert.deepEqual(getXattrs(scratch.join("out/usr")), { "user.note": hex("kept") });
    assert.deepEqual(getXattrs(scratch.join("out/usr/random")), {
      "security.capability": NET_RAW.toString("hex"),
    });
    // GNU tar finds nothing different either.
    assert.equal(run("tar", "-df", scratch.join("layer.tar"), "-C", scratch.join("upper")), "");
  });

  it("writes overlay marks in OCI form, and back", async () => {
    shell(
      scratch.join("upper"),
      "mkdir -p dir/opaque; touch dir/opaque/new; mknod dir/gone c 0 0; mknod -m 600 top c 0 0; touch sorted.wh",
    );
    setXattr(scratch.join("upper/dir/opaque"), "trusted.overlay.opaque", "y");
    setXattr(scratch.join("upper/dir"), "trusted.overlay.impure", "y");
    await writeUpperTo(scratch.join("layer.tar"), scratch.join("upper"));
    assert.deepEqual(names("layer.tar"), [
      ".wh.top",
      "dir/",
      "dir/.wh.gone",
      "dir/opaque/",
      "dir/opaque/.wh..wh..opq",
      "dir/opaque/new",
      "sorted.wh",
    ]);
    assert.equal(readFileSync(scratch.join("layer.tar")).includes("trusted."), false);
    mkdirSync(scratch.join("out"));
    await unpack(scratch.join("layer.tar"), scratch.join("out"), { whiteouts: "overlay" });
    assert.deepEqual(getXattrs(scratch.join("out/dir/opaque")), { "trusted.overlay.opaque": hex("y") });
    assert.equal(
      shell(scratch.join("out"), "stat -c '%F %t:%T' top dir/gone"),
      "character special file 0:0\n".repeat(2),
    );
  });

  it("writes an opaque root", async () => {
    setXattr(scratch.join("upper"), "trusted.overlay.opaque", "y");
    await writeUpperTo(scratch.join("layer.tar"), scratch.join("upper"));
    assert.deepEqual(names("layer.tar"), [".wh..wh..opq"]);
  });

  it("makes the first name by path the file, and the others links to it", async () => {
    shell(scratch.join("upper"), "mkdir b; echo x > b/second; ln b/second a; ln b/second c");
    await writeUpperTo(scratch.join("layer.tar"), scratch.join("upper"));
    const listed = run("tar", "-tvf", scratch.join("layer.tar"));
    assert.match(listed, /^-.* a$/m);
    assert.match(listed, /^h.* b\/second link to a$/m);
    assert.match(listed, /^h.* c link to a$/m);
  });

  it("clamps only newer times, and leaves out what it is told and sockets", async () => {
    shell(
      scratch.join("upper"),
      `mkdir -p keep skip/below; touch -d @100 keep/old; touch -d @2000 keep/new; touch skip/below/x other
       touch -d @50 keep`,
    );
    const bind = "import os, socket, sys; os.chdir(sys.argv[1]); socket.socket(socket.AF_UNIX).bind('sock')";
    python(bind, scratch.join("upper"));
    const options = { clampMtime: 1000, exclude: ["/skip", "other"] };
    const written = await writeUpperTo(scratch.join("layer.tar"), scratch.join("upper"), options);
    assert.equal(written.entries, 3);
    const listed = run("tar", "--utc", "--full-time", "-tvf", scratch.join("layer.tar"));
    const times = listed.match(/1970-01-01 \d\d:\d\d:\d\d \S+/g);
    assert.deepEqual(times, [
      "1970-01-01 00:00:50 keep/",
      "1970-01-01 00:16:40 keep/new",
      "1970-01-01 00:01:40 keep/old",
    ]);
  });

  it("refuses an entry whose content is in a lower layer", async () => {
    mkdirSync(scratch.join("upper/moved"));
    setXattr(scratch.join("upper/moved"), "trusted.overlay.redirect", "from");
    await assert.rejects(writeUpperTo(scratch.join("layer.tar"), scratch.join("upper")), {
      message: "lgetxattr moved: EOPNOTSUPP",
    });
  });

  it("finds layers the same whatever their times, and different for anything else", async () => {
    const upper = scratch.join("upper");
    const same = (a: string, b: string) =>
      withOpen(scratch.join(a), "r", (first) =>
        withOpen(scratch.join(b), "r", (second) => loadKernel().sameLayer(first, second)),
      );
    shell(upper, "mkdir d; echo one > d/file; touch -d @1 d d/file");
    await writeUpperTo(scratch.join("first.tar"), upper);
    shell(upper, "touch -d @2 d d/file");
    await writeUpperTo(scratch.join("later.tar"), upper);
    assert.equal(await same("first.tar", "later.tar"), true);
    for (const change of [
      "echo two > d/file",
      "chmod 600 d/file",
      "chown 1 d/file",
      "touch d/more",
      "rm -r d",
    ]) {
      shell(upper, change);
      await writeUpperTo(scratch.join("changed.tar"), upper);
      assert.equal(await same("first.tar", "changed.tar"), false, change);
      assert.equal(await same("changed.tar", "first.tar"), false, change);
    }
  });
});
