import assert from "node:assert/strict";
import { closeSync, mkdirSync, readFileSync } from "node:fs";
import { loadKernel } from "../../native/binding.ts";
import { requiresOverlay } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { requiresKernel, shell } from "./support.ts";

describe("native/rootfs", () => {
  let scratch: Scratch;

  before(function () {
    requiresKernel(this);
    requiresOverlay(this);
    scratch = new Scratch();
    for (const name of ["bottom", "top", "up", "work"]) mkdirSync(scratch.join(name));
    shell(
      scratch.path,
      "echo bottom > bottom/a; echo bottom > bottom/b; echo top > top/b; mknod top/a c 0 0",
    );
  });
  after(() => scratch?.[Symbol.dispose]());

  const names = async (root: number) => [...(await loadKernel().scan(root, ""))].map((entry) => entry.path);
  const overlay = (...options: readonly string[]) =>
    ({ type: "overlay", source: "overlay", options }) as const;

  it("shows a stack of layers to nobody else, until it is closed", async () => {
    const root = await loadKernel().openRootfs([
      overlay(`lowerdir+=${scratch.join("top")}`, `lowerdir+=${scratch.join("bottom")}`, "ro"),
    ]);
    assert.deepEqual(await names(root), ["b"]);
    assert.equal(loadKernel().statInRoot(root, "b")?.size, 4);
    assert.equal(readFileSync("/proc/self/mountinfo", "utf8").includes(scratch.path), false);
    closeSync(root);
    assert.throws(() => loadKernel().statInRoot(root, "b"), /EBADF/);
  });

  it("takes a colon-separated list of layers as well", async () => {
    const root = await loadKernel().openRootfs([
      overlay(`lowerdir=${scratch.join("top")}:${scratch.join("bottom")}`, "ro"),
    ]);
    assert.deepEqual(await names(root), ["b"]);
    closeSync(root);
  });

  it("shows a single layer, which overlayfs alone would refuse", async () => {
    const root = await loadKernel().openRootfs([overlay(`lowerdir+=${scratch.join("bottom")}`, "ro")]);
    assert.deepEqual(await names(root), ["a", "b"]);
    assert.throws(() => loadKernel().openInRoot(root, "new", 0o101), /EROFS/);
    closeSync(root);
  });

  it("lets later mounts name earlier ones", async () => {
    const root = await loadKernel().openRootfs([
      { type: "bind", source: scratch.join("top"), target: "/layers/1", options: ["ro"] },
      { type: "bind", source: scratch.join("bottom"), target: "/layers/0", options: ["ro"] },
      overlay("lowerdir+=/layers/1", "lowerdir+=/layers/0", "ro"),
    ]);
    assert.deepEqual(await names(root), ["b"]);
    closeSync(root);
  });

  it("can be written to when there is an upper directory", async () => {
    const root = await loadKernel().openRootfs([
      overlay(
        `lowerdir+=${scratch.join("bottom")}`,
        `upperdir=${scratch.join("up")}`,
        `workdir=${scratch.join("work")}`,
      ),
    ]);
    closeSync(loadKernel().openInRoot(root, "new", 0o101, 0o644));
    closeSync(root);
    assert.equal(shell(scratch.join("up"), "ls"), "new\n");
  });

  it("says what the filesystem said when a mount fails", async () => {
    await assert.rejects(loadKernel().openRootfs([overlay("lowerdir+=/nowhere", "lowerdir+=/nowhere")]), {
      message: /^fsconfig overlay lowerdir\+: ENOENT$/,
    });
    await assert.rejects(loadKernel().openRootfs([]), /EINVAL/);
  });
});
