import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { TestStore } from "../../store/support.ts";
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
});
