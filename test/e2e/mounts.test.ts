import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { Slipway } from "./support/slipway.ts";

describe("mounts of containers", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const sh = (script: string, ...flags: readonly string[]) =>
    slipway.run(["run", "--rm", "--network", "none", ...flags, "busybox", "sh", "-c", script]);
  const out = async (script: string, ...flags: readonly string[]) => {
    const { out: text, err } = await sh(script, ...flags);
    return text + err;
  };

  it("bind a directory, writable or read-only", async () => {
    const folder = slipway.scratch.join("shared");
    mkdirSync(folder);
    assert.equal(await out("echo hi > /m/f; cat /m/f", "--mount", `type=bind,src=${folder},dst=/m`), "hi\n");
    assert.match(
      await out("echo x > /m/f", "--mount", `type=bind,src=${folder},dst=/m,ro`),
      /Read-only file system/,
    );
  });

  it("are read-only with what is mounted below them, unless told otherwise", async () => {
    const mounts = ["-v", "/proc:/p:ro"];
    assert.match(
      await out(
        "grep ' /p/sys/fs/binfmt_misc ' /proc/self/mounts | cut -d' ' -f4; grep ' /p ' /proc/self/mounts | cut -d' ' -f4",
        ...mounts,
      ),
      /^ro\b/,
    );
  });

  it("refuse a source that is not there under --mount, and make one under -v", async () => {
    const missing = slipway.scratch.join("missing");
    const { code, err } = await sh("true", "--mount", `type=bind,src=${missing},dst=/m`);
    assert.equal(code, 125);
    assert.match(err, /invalid mount config for type "bind": bind source path does not exist: /);
    assert.equal(await out("ls -d /m", "-v", `${missing}:/m`), "/m\n");
  });

  it("give a tmpfs of the size and mode that was asked for", async () =>
    assert.match(
      await out(
        "stat -c %a /t; df -k /t | tail -1",
        "--mount",
        "type=tmpfs,dst=/t,tmpfs-size=2m,tmpfs-mode=1770",
      ),
      /^1770\ntmpfs +2048 /,
    ));

  it("fill a new volume with what the image has there, unless told not to", async () => {
    assert.equal(await out("test -e /etc/passwd && echo full", "-v", "filled:/etc"), "full\n");
    assert.equal(await out("ls /v", "--mount", "src=empty,dst=/v,volume-nocopy"), "");
  });

  it("show a part of a volume, which links cannot leave", async () => {
    await sh("mkdir -p /v/a/b && echo part > /v/a/b/f && ln -s / /v/out && ln -s /a /v/in", "-v", "parts:/v");
    assert.equal(await out("cat /p/f", "--mount", "src=parts,dst=/p,volume-subpath=a/b"), "part\n");
    assert.equal(await out("ls /p", "--mount", "src=parts,dst=/p,volume-subpath=in"), "b\n");
    assert.equal(await out("ls /p", "--mount", "src=parts,dst=/p,volume-subpath=out"), "a\nin\nout\n");
    const { err } = await sh("true", "--mount", "src=parts,dst=/p,volume-subpath=../other");
    assert.match(err, /subpath must be a relative path within the volume/);
  });

  it("are taken over from another container, with no more rights than it has", async () => {
    const folder = slipway.scratch.join("taken");
    mkdirSync(folder);
    writeFileSync(`${folder}/f`, "bound\n");
    symlinkSync("f", `${folder}/link`);
    const id = await slipway.ok(["create", "-v", "/data", "-v", `${folder}:/b:ro`, "busybox", "true"]);
    await out("echo kept > /data/f", "--volumes-from", id);
    assert.equal(await out("cat /data/f /b/link", "--volumes-from", `${id}:ro`), "kept\nbound\n");
    assert.match(await out("touch /data/x", "--volumes-from", `${id}:ro`), /Read-only file system/);
    assert.match(await out("touch /b/x", "--volumes-from", id), /Read-only file system/);
    await slipway.ok(["rm", "-v", id]);
  });

  it("go with the container that made them when they have no name", async () => {
    const before = await slipway.ok(["volume", "ls", "-q"]);
    await sh("true", "-v", "/anonymous", "--mount", "dst=/other");
    assert.equal(await slipway.ok(["volume", "ls", "-q"]), before);
  });

  it("are described as docker describes them", async () => {
    const id = await slipway.ok([
      "create",
      "--mount",
      "type=tmpfs,dst=/t",
      "--mount",
      "src=named,dst=/n,ro",
      "busybox",
    ]);
    const { Mounts, HostConfig } = JSON.parse(await slipway.ok(["inspect", id]))[0];
    assert.deepEqual(
      Mounts.map(({ Type, Name, Destination, RW }: Record<string, unknown>) => [Type, Name, Destination, RW]),
      [
        ["tmpfs", undefined, "/t", true],
        ["volume", "named", "/n", false],
      ],
    );
    assert.equal(HostConfig.Mounts.length, 2);
    await slipway.ok(["rm", id]);
  });
});
