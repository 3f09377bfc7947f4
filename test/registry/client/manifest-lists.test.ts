import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseManifest } from "../../../image/manifest.ts";
import { TestStore } from "../../store/support.ts";
import { FakeRegistry } from "./fake-registry.ts";
import { openClient, ref, tarOf } from "./support.ts";

describe("manifest lists", () => {
  it("are made of images of several platforms and pushed with what their repository lacks", async () => {
    await using registry = await FakeRegistry.start();
    await using target = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const amd = registry.addImage("app", "amd", [tarOf("a", "amd")], "amd64");
    const arm = registry.addImage("app", "arm", [tarOf("a", "arm")], "arm64");
    const list = ref(`${target.host}/all:1`);
    await using client = openClient(opened.store);
    await client.lists.create(list, [ref(`${registry.host}/app:amd`)]);
    await assert.rejects(client.lists.create(list, [ref(`${registry.host}/app:arm`)]), {
      code: "MANIFEST_LIST_EXISTS",
    });
    await client.lists.create(list, [ref(`${registry.host}/app:arm`)], { amend: true });
    const { digest } = await client.lists.push(list, { purge: true });
    const pushed = parseManifest(target.manifests.get(digest)?.raw ?? Buffer.from("{}"));
    assert.ok(pushed.kind === "index");
    assert.deepEqual(
      pushed.manifests.map(({ digest: one, platform }) => [one, platform?.architecture]),
      [
        [amd.manifest.digest, "amd64"],
        [arm.manifest.digest, "arm64"],
      ],
    );
    for (const { manifest, config, layers } of [amd, arm]) {
      assert.ok(target.manifests.has(manifest.digest));
      for (const { digest: blob } of [config, ...layers]) assert.ok(target.blobs.has(blob));
    }
    assert.deepEqual((await client.lists.inspect(list)).raw, pushed.raw);
    await assert.rejects(client.lists.push(list), { code: "MANIFEST_LIST_UNKNOWN" });
  });

  it("take no list as a member", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.addImage("app", "amd", [tarOf("a", "amd")], "amd64");
    await using client = openClient(opened.store);
    const list = ref(`${registry.host}/all:1`);
    await client.lists.create(list, [ref(`${registry.host}/app:amd`)]);
    await client.lists.push(list);
    await assert.rejects(client.lists.create(ref(`${registry.host}/more:1`), [list]), {
      code: "MANIFEST_INVALID",
    });
  });
});

describe("search", () => {
  it("finds repositories of a registry by a part of their names", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.intercept = ({ url }, response) => {
      if (!url.startsWith("/v2/_catalog")) return false;
      response.end(JSON.stringify({ repositories: ["team/app", "team/other", "apple", 5] }));
      return true;
    };
    await using client = openClient(opened.store);
    const found = await client.search(registry.host, { term: "app", limit: 10 });
    assert.deepEqual(
      found.map(({ name }) => name),
      [`${registry.host}/team/app`, `${registry.host}/apple`],
    );
  });
});
