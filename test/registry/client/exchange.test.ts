import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { describe, it } from "mocha";
import { TestStore } from "../../store/support.ts";
import { requiresPeer } from "../../support/requires.ts";
import { makeImage, openClient, ref, requiresPeerRegistry, tarOf } from "./support.ts";

describe("exchange with another registry", () => {
  it("pulls what it pushed: same image, same layers, and a push of that gives the same digest", async function () {
    const host = requiresPeerRegistry(this);
    const name = `${host}/slipway/exchange-${process.pid}:1`;
    await using here = await TestStore.open();
    const id = await makeImage(here.store, name, [tarOf("a", "one"), tarOf("b", "two".repeat(10_000))]);
    await using client = openClient(here.store);
    const digest = await client.push(ref(name));

    await using there = await TestStore.open();
    await using other = openClient(there.store);
    const pulled = await other.pull(ref(name));
    assert.deepEqual(pulled, { id, digest, changed: true });
    assert.deepEqual(there.store.images.get(name).layers, here.store.images.get(name).layers);
    assert.deepEqual(there.store.images.get(name).digests, here.store.images.get(name).digests);
    assert.equal((await other.pull(ref(name))).changed, false);

    const copy = `${host}/slipway/copy-${process.pid}:2`;
    there.store.images.tag(id, copy);
    assert.equal(await other.push(ref(copy)), digest);
  });

  it("gives the real docker what it pushed, and takes what that pushed, as the same image", async function () {
    const docker = requiresPeer(this);
    const host = requiresPeerRegistry(this);
    const [ours, theirs] = [
      `${host}/slipway/ours-${process.pid}:1`,
      `${host}/slipway/theirs-${process.pid}:1`,
    ];
    await using opened = await TestStore.open();
    const { store } = opened;
    const id = await makeImage(store, ours, [tarOf("a", "one"), tarOf("b", "two")]);
    await using client = openClient(store);
    const digest = await client.push(ref(ours));
    const run = (...args: readonly string[]): string =>
      execFileSync(docker, args, { encoding: "utf8" }).trim();
    try {
      assert.match(run("pull", ours), new RegExp(`^Digest: ${digest}$`, "m"));
      assert.equal(run("image", "inspect", ours, "--format", "{{.Id}}"), id);
      run("tag", ours, theirs);
      const [, pushed] = /digest: (\S+) size/.exec(run("push", theirs)) ?? [];
      const pulled = await client.pull(ref(theirs));
      assert.deepEqual(pulled, { id, digest: pushed, changed: true });
    } finally {
      spawnSync(docker, ["image", "rm", "-f", ours, theirs], { stdio: "ignore" });
    }
  });
});
