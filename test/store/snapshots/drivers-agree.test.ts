import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync } from "node:fs";
import { describe, it } from "mocha";
import type { Digest } from "../../../core/digest.ts";
import type { DriverName } from "../../../store/snapshots/choose-driver.ts";
import { requiresErofs } from "../../support/requires.ts";
import { rawTar } from "../../support/tar-bytes.ts";
import { chunks, kernel, TestStore } from "../support.ts";

const BASE = rawTar(
  { name: "d/", type: "5", mode: 0o755 },
  { name: "d/kept", content: "kept" },
  { name: "d/changed", content: "before" },
  { name: "d/gone", content: "gone" },
  { name: "replaced/", type: "5", mode: 0o755 },
  { name: "replaced/old", content: "old" },
);

const CHANGES = `
  echo after > d/changed; rm d/gone; rm -r replaced; mkdir replaced; echo new > replaced/new
  ln replaced/new linked; ln -s d soft; chmod 4755 replaced/new; chown 7:8 d/kept; mknod null c 1 3; mkfifo pipe
  head -c 3000000 /dev/zero | tr '\\0' x > large`;

async function commitWith(driver: DriverName): Promise<Digest | undefined> {
  await using opened = await TestStore.open({ driver });
  const { layers, snapshots } = opened.store;
  const { diffId } = await layers.adopt(chunks(BASE));
  const root = await kernel.openRootfs(await snapshots.prepare("a", [diffId]));
  try {
    execFileSync("sh", ["-euc", CHANGES], { cwd: `/proc/${process.pid}/fd/${root}` });
  } finally {
    closeSync(root);
  }
  return (await snapshots.commit("a", { clampMtime: 1_000_000_000 }))?.diffId;
}

describe("snapshot drivers", () => {
  it("make the same layer of the same changes, mounted or unpacked", async function () {
    requiresErofs(this);
    const mounted = await commitWith("erofs");
    assert.ok(mounted !== undefined);
    assert.equal(await commitWith("overlay2"), mounted);
  });
});
