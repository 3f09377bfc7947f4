import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parsePlatform } from "../../../core/platform.ts";
import { imageSource } from "../../../engine/images/source.ts";
import { FakeRegistry } from "../../registry/client/fake-registry.ts";
import { makeImage, openClient, tarOf } from "../../registry/client/support.ts";
import { TestStore } from "../../store/support.ts";

const platform = parsePlatform("linux/amd64");

describe("base images of builds", () => {
  it("come from the store, and from their registry when they are not there or --pull is given", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { images } = opened.store;
    const name = `${registry.host}/base:1`;
    const first = registry.addImage("base", "1", [tarOf("a", "one")]);
    await using client = openClient(opened.store);
    const source = imageSource({
      images,
      registries: { client: async () => client, clientOf: () => assert.fail("nobody said who they are") },
    });
    const resolve = async (pull: boolean) => (await source.resolve(name, { platform, pull })).id;
    assert.equal(await resolve(false), first.config.digest);
    const second = registry.addImage("base", "1", [tarOf("a", "two")]);
    assert.equal(await resolve(false), first.config.digest);
    assert.equal(await resolve(true), second.config.digest);
    assert.equal(images.get(name).id, second.config.digest);
  });

  it("made here for another platform are refused by name", async () => {
    await using opened = await TestStore.open();
    await makeImage(opened.store, "base", [tarOf("a", "one")]);
    const fail = () => assert.fail("nothing may be asked");
    const registries = { client: fail, clientOf: fail };
    const source = imageSource({ images: opened.store.images, registries });
    const arm = { platform: parsePlatform("linux/arm64"), pull: false };
    await assert.rejects(source.resolve("base", arm), { code: "PLATFORM_MISMATCH" });
  });
});
