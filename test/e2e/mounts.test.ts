import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
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

  const bound = (name: string, device: string, o = "bind") =>
    slipway.ok(["volume", "create", "-o", "type=none", "-o", `o=${o}`, "-o", `device=${device}`, name]);

  it("show a directory of the host as a volume, filled while it is empty, and never take it away", async () => {
    const device = slipway.scratch.join("device");
    mkdirSync(device);
    symlinkSync(device, `${device}-link`);
    const before = statSync(device).ino;
    await bound("bound", `${device}-link`);
    assert.equal(
      await out("test -s /etc/passwd && echo mine > /etc/mine && echo full", "-v", "bound:/etc"),
      "full\n",
    );
    assert.equal(readFileSync(`${device}/mine`, "utf8"), "mine\n");
    assert.equal(statSync(device).ino, before);
    mkdirSync(`${device}/part`);
    assert.match(await out("touch /m/x", "-v", "bound:/m:ro"), /Read-only file system/);
    assert.equal(await out("touch /p/y; ls /p", "--mount", "src=bound,dst=/p,volume-subpath=part"), "y\n");
    await slipway.ok(["volume", "rm", "bound"]);
    assert.deepEqual([existsSync(`${device}/mine`), existsSync(`${device}/part/y`)], [true, true]);
    await bound("frozen", device, "bind,ro,noexec");
    assert.match(await out("cat /m/mine; touch /m/x", "-v", "frozen:/m"), /^mine\n.*Read-only file system/);
    assert.match(await out("grep ' /m ' /proc/self/mounts", "-v", "frozen:/m"), / ro,noexec/);
    await slipway.ok(["volume", "prune", "-af"]);
    assert.equal(existsSync(`${device}/mine`), true);
  });

  it("are not made when what a volume shows is missing", async () => {
    await bound("nowhere", "/nowhere/at/all");
    const { code, err } = await sh("true", "-v", "nowhere:/m");
    assert.equal(code, 125);
    assert.match(err, /failed to mount local volume: mount \/nowhere\/at\/all:.*: no such file or directory/);
  });

  it("give a volume in memory to one container at a time, and to all its places the same", async () => {
    const make = (name: string, o: string) =>
      slipway.ok(["volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "-o", `o=${o}`, name]);
    await make("memory", "size=2m,uid=1000,noexec");
    const script =
      "echo x > /a/f; cat /b/f; stat -c %u /a; df -k /a | tail -1; grep ' /a ' /proc/self/mounts";
    assert.match(
      await out(script, "-v", "memory:/a", "-v", "memory:/b"),
      /^x\n1000\ntmpfs +2048 .*\ntmpfs \/a tmpfs rw,noexec/,
    );
    const id = await slipway.ok([
      "run",
      "-d",
      "--init",
      "--network",
      "none",
      "-v",
      "memory:/a",
      "busybox",
      "sleep",
      "600",
    ]);
    assert.equal((await sh("ls /a", "--volumes-from", id)).code, 125);
    assert.match((await sh("ls /a", "-v", "memory:/a")).err, /volume memory is memory .* cannot share it/);
    await slipway.ok(["rm", "-f", id]);
    assert.equal(await out("ls /a", "-v", "memory:/a"), "");
    await make("wrong", "size=lots");
    assert.match((await sh("true", "-v", "wrong:/a")).err, /failed to mount local volume: mount tmpfs:/);
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
