import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { requiresBaseImage, requiresCommand } from "../support/requires.ts";
import { builtCommand, commandEnv } from "./support/command.ts";
import { Slipway } from "./support/slipway.ts";

describe("trouble", () => {
  let slipway: Slipway;
  let command: string;
  before(async function () {
    slipway = await Slipway.open(this);
    command = builtCommand();
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  function context(name: string, dockerfile: string): string {
    const folder = slipway.scratch.join(name);
    mkdirSync(folder);
    writeFileSync(`${folder}/Dockerfile`, dockerfile);
    return folder;
  }

  it("of a full disk is named, and leaves a store that works", function () {
    const { tar } = requiresBaseImage(this, "busybox:latest");
    const unshare = requiresCommand(this, "unshare");
    const folder = context("full", "FROM busybox\nRUN dd if=/dev/zero of=/big bs=1M count=50\n");
    const copy = context("full-copy", "FROM busybox\nCOPY big /\n");
    writeFileSync(`${copy}/big`, randomBytes(20_000_000));
    const disk = slipway.scratch.join("disk");
    mkdirSync(disk);
    // In a mount namespace of its own, so that the small disk goes with it.
    const script = `
      mount -t tmpfs -o size=12m none ${disk}
      s="${command} --root ${disk}/root"
      $s import -c 'CMD ["sh"]' ${tar} busybox:latest
      $s build -q ${folder}; echo "code $?"
      $s build -q ${copy}; echo "code $?"
      $s system check
      ls ${disk}/root/ingest ${disk}/root/snapshots | grep -v : | wc -w
      $s run --rm --network none busybox echo alive`;
    const { stdout, stderr } = spawnSync(unshare, ["--mount", "sh", "-c", script], {
      encoding: "utf8",
      // Whatever the driver that is tested: EROFS mounts no files of a tmpfs.
      env: { ...commandEnv(), SLIPWAY_STORAGE_DRIVER: "overlay2" },
    });
    assert.match(stdout, /^sha256:\w+\ncode 1\ncode 1\nChecked .*: no problem\n0\nalive\n$/);
    assert.match(stderr, /Dockerfile:2: .*dd if=\/dev\/zero.* exit code: 1\n[\s\S]*No space left on device/);
    assert.match(stderr, /Dockerfile:2: COPY big \/: .*ENOSPC: No space left on device\n$/);
  });

  const UNREADABLE = [
    { path: "f", message: /Dockerfile:2: COPY \. \/: .*f: .*EACCES: Permission denied\n$/ },
    { path: "d", message: /Dockerfile:2: COPY \. \/: openat2 d: EACCES: Permission denied\n$/ },
    { path: "Dockerfile", message: /read dockerfile: open Dockerfile: permission denied\n$/ },
    { path: ".dockerignore", message: /Dockerfile:2: COPY \. \/: open \/\.dockerignore: EACCES\n$/ },
    { path: ".", message: /read dockerfile: open Dockerfile: permission denied\n$/ },
  ] as const;
  for (const { path, message } of UNREADABLE)
    it(`of a context whose ${path} cannot be read is named, and leaves nothing`, async function () {
      const setpriv = requiresCommand(this, "setpriv");
      const folder = context(`unreadable-${path}`, "FROM scratch\nCOPY . /\n");
      mkdirSync(`${folder}/d`);
      for (const file of ["f", "d/f", ".dockerignore"]) writeFileSync(`${folder}/${file}`, "");
      chmodSync(`${folder}/${path}`, 0);
      // Root as it is elsewhere: without the capabilities that read everything.
      const bounds = ["--bounding-set", "-dac_override,-dac_read_search", command];
      const build = ["--root", slipway.root, "build", "--progress", "quiet", "-t", "unreadable", folder];
      const { status, stderr, stdout } = spawnSync(setpriv, [...bounds, ...build], {
        encoding: "utf8",
        env: commandEnv(),
      });
      assert.match(stderr, message);
      assert.deepEqual([status, stdout], [1, ""]);
      assert.equal(await slipway.ok(["images", "-q", "unreadable"]), "");
      assert.deepEqual(readdirSync(`${slipway.root}/ingest`), []);
      assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
    });

  it("of a damaged blob is found by the check and by whoever reads it", async () => {
    const id = await slipway.ok([
      "build",
      "-q",
      "-t",
      "damaged",
      context("damaged", "FROM scratch\nCOPY Dockerfile /\n"),
    ]);
    const [layer = ""] = JSON.parse(
      await slipway.ok(["inspect", "-f", "{{json .RootFS.Layers}}", id]),
    ) as string[];
    const file = openSync(`${slipway.root}/blobs/sha256/${layer.slice(7)}`, "r+");
    writeSync(file, Buffer.from("!"), 0, 1, 600);
    closeSync(file);
    const check = await slipway.run(["system", "check"]);
    assert.equal(check.code, 1);
    assert.match(check.out, new RegExp(`${layer.slice(7)}[^\\n]*\\n[\\s\\S]*: 1 problem\\n$`));
    const save = await slipway.run(["save", "-o", "damaged.tar", "damaged"]);
    assert.equal(save.code, 1);
    assert.match(save.err, /^Error: content does not match its digest: expected sha256:/);
    assert.ok(!readdirSync(slipway.scratch.path).some((name) => name.startsWith("damaged.tar")));
    await slipway.ok(["rmi", "damaged"]);
    await slipway.ok(["builder", "prune", "-af"]);
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
  });

  it("of an impatient user ends a build with 130 and nothing left", async () => {
    const folder = context("slow", "FROM busybox\nRUN echo begun && sleep 100\n");
    const build = spawn(command, ["--root", slipway.root, "build", "--no-cache", folder], {
      stdio: ["ignore", "ignore", "pipe"],
      env: commandEnv(),
    });
    let text = "";
    build.stderr.on("data", (data: Buffer) => {
      text += data.toString();
    });
    while (!/begun\n/.test(text.replace("echo begun", ""))) await sleep(20);
    build.kill("SIGINT");
    const [code] = (await once(build, "exit")) as [number];
    assert.equal(code, 130);
    assert.match(text, /\nError: the build was cancelled\n$/);
    assert.deepEqual(readdirSync(`${slipway.root}/snapshots`), []);
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
  });
});
