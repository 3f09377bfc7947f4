import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { type Manifest, parseManifest } from "../../../image/manifest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { Kernel } from "../../../native/kernel.ts";
import type { Store } from "../../../store/types.ts";
import { chunks, kernel, TestStore } from "../../store/support.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeRegistry, type Intercept } from "./fake-registry.ts";
import { makeImage, openClient, ref, tarOf } from "./support.ts";

const impatient = { wait: async () => undefined, random: () => 0.5 };

function stored(registry: FakeRegistry, name: string): Manifest & { readonly kind: "image" } {
  const found = registry.manifests.get(name);
  const manifest = parseManifest(found?.raw ?? Buffer.from("{}"), found?.type);
  assert.ok(manifest.kind === "image");
  return manifest;
}

describe("push", () => {
  it("sends layers as gzip and keeps the image's configuration, byte for byte the same every time", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const name = `${registry.host}/app:1`;
    const id = await makeImage(store, name, [tarOf("a", "one".repeat(1000)), tarOf("b", randomBytes(1000))]);
    await using client = openClient(store);
    const events: string[] = [];
    const report = (event: { readonly id?: string; readonly status: string }) => events.push(event.status);
    const digest = await client.push(ref(name), { report });
    const manifest = stored(registry, "app:1");
    assert.equal(manifest.config.digest, id);
    assert.deepEqual(
      manifest.layers.map(({ mediaType }) => mediaType),
      [MEDIA_TYPES.layerGzip, MEDIA_TYPES.layerGzip],
    );
    assert.equal(events.at(-1), `1: digest: ${digest} size: ${manifest.raw.byteLength}`);
    assert.equal(events.filter((status) => status === "Pushed").length, 2);
    assert.deepEqual(store.images.get(name).digests, [`${registry.host}/app@${digest}`]);
    assert.equal(await client.push(ref(name)), digest);
    assert.equal(registry.count("PUT /v2/app/blobs/"), 3);
  });

  it("sends every layer as zstd when that is asked for, whatever it came as, and what was sent can be pulled", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const name = `${registry.host}/app:1`;
    const id = await makeImage(store, name, [tarOf("a", "one".repeat(1000)), tarOf("b", randomBytes(1000))]);
    await using client = openClient(store);
    await client.push(ref(name));
    await client.push(ref(name), { compression: "zstd" });
    assert.deepEqual(
      stored(registry, "app:1").layers.map(({ mediaType }) => mediaType),
      [MEDIA_TYPES.layerZstd, MEDIA_TYPES.layerZstd],
    );
    const [first] = store.images.get(id).layers;
    assert.ok(first !== undefined);
    const made = await store.layers.compressed(first, "zstd");
    assert.deepEqual(stored(registry, "app:1").layers[0]?.digest, made.digest, "compressed once");
    await using other = await TestStore.open();
    await using puller = openClient(other.store);
    assert.equal((await puller.pull(ref(name))).id, id);
    assert.ok(other.store.images.get(id).layers.every((layer) => other.store.layers.stat(layer)));
    const again = `${registry.host}/app:2`;
    other.store.images.tag(id, again);
    await puller.push(ref(again));
    assert.deepEqual(stored(registry, "app:2").raw, stored(registry, "app:1").raw, "it goes as it came");
  });

  it("has a blob mounted from a repository where it was seen", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const [first, second] = [`${registry.host}/team/app:1`, `${registry.host}/other/app:1`];
    const id = await makeImage(store, first, [tarOf("a", "one")]);
    store.images.tag(id, second);
    await using client = openClient(store);
    await client.push(ref(first));
    const [layer] = stored(registry, "team/app:1").layers;
    const { digest = "" } = layer ?? {};
    registry.intercept = ({ method, url }, response) => {
      // The fake knows no repositories; this one has nothing yet.
      const missing = method === "HEAD" && url.startsWith("/v2/other/");
      const mounted = url.includes(`mount=${encodeURIComponent(digest)}`);
      if (missing || mounted) response.writeHead(missing ? 404 : 201).end();
      return missing || mounted;
    };
    const events: string[] = [];
    await client.push(ref(second), { report: ({ status }) => events.push(status) });
    assert.ok(events.includes("Mounted from team/app"), events.join("\n"));
    const mount = `POST /v2/other/app/blobs/uploads/?mount=${encodeURIComponent(digest)}&from=team%2Fapp`;
    assert.equal(registry.count(mount), 1);
    assert.equal(registry.count(`PUT /v2/other/app/blobs/uploads/`), 1, "the configuration alone is sent");
  });

  it("begins an upload anew when it fails on the way", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const name = `${registry.host}/app:1`;
    await makeImage(opened.store, name, [tarOf("a", randomBytes(200_000))]);
    let failures = 0;
    registry.intercept = ({ method }, response, body) => {
      if (method !== "PUT" || body.byteLength < 100_000 || failures++ > 1) return false;
      if (failures === 1) response.writeHead(500).end();
      else response.destroy();
      return true;
    };
    await using client = openClient(opened.store, { retries: impatient });
    await client.push(ref(name));
    assert.equal(registry.blobs.size, 2);
    assert.equal(failures, 3);
  });

  describe("of a large layer", () => {
    const tar = tarOf("big", randomBytes(17 << 20));

    /** Pushes the layer to a registry that answers as `intercept` says, and makes sure that it has it then. */
    async function pushLarge(
      intercept: Intercept,
      prepare?: (registry: FakeRegistry, store: Store) => unknown,
    ) {
      await using registry = await FakeRegistry.start();
      // The layer is not made before its upload has begun, however long the registry takes to answer.
      const deflate: Kernel["deflate"] = async (...args) => {
        const made = await kernel.deflate(...args);
        await eventually(() => registry.count("PATCH ") > 0);
        return made;
      };
      await using opened = await TestStore.open({ kernel: { ...kernel, deflate } });
      const name = `${registry.host}/app:1`;
      await makeImage(opened.store, name, [tar]);
      await prepare?.(registry, opened.store);
      registry.intercept = intercept;
      await using client = openClient(opened.store, { retries: impatient });
      const statuses: string[] = [];
      await client.push(ref(name), { report: ({ status }) => statuses.push(status) });
      const [layer] = stored(registry, "app:1").layers;
      assert.equal(digestOf(gunzipSync(registry.blobs.get(layer?.digest ?? "") ?? "")), digestOf(tar));
      const count = (beginning: string): number => registry.count(`${beginning} /v2/app/blobs/`);
      return { statuses, patches: count("PATCH"), puts: count("PUT") };
    }

    it("sends it while it is compressed", async () => {
      const { statuses, patches, puts } = await pushLarge(() => false);
      assert.ok(statuses.includes("Pushed"));
      // The layer, and the configuration.
      assert.deepEqual([patches, puts], [1, 2]);
    });

    for (const [title, method, answer] of [
      ["breaks off", "PATCH", (response) => response.destroy()],
      ["does not know of it", "PATCH", (response) => response.writeHead(404).end()],
      ["does not end it", "PUT", (response) => response.writeHead(400).end()],
    ] as const satisfies readonly (readonly [string, string, (response: ServerResponse) => unknown])[])
      it(`sends it again as a whole where the registry ${title}`, async () => {
        let refused = 0;
        const { statuses, puts } = await pushLarge((request, response, body) => {
          // The PUT of the configuration has a body of its own.
          const isOther = request.method === "PUT" && body.byteLength > 0;
          if (request.method !== method || isOther || refused > 0) return false;
          refused += 1;
          answer(response);
          return true;
        });
        assert.ok(statuses.includes("Pushed"));
        assert.deepEqual([refused, puts], [1, method === "PUT" ? 3 : 2]);
      });

    it("sends no more of it when the registry turns out to have it", async () => {
      const { statuses, puts } = await pushLarge(
        // Never answered: it is given up.
        ({ method }) => method === "PATCH",
        async (registry, store) => {
          await using other = await TestStore.open();
          const { diffId } = await other.store.layers.adopt(chunks(tar));
          const { digest, mediaType } = await other.store.layers.compressed(diffId, "gzip");
          registry.addBlob(readFileSync(other.store.content.path(digest)), mediaType);
          assert.deepEqual(store.layers.blobs(diffId), []);
        },
      );
      assert.ok(statuses.includes("Layer already exists"));
      assert.equal(puts, 1);
    });
  });

  it("sends what it pulled as it came, and passes on layers it never fetched", async () => {
    await using source = await FakeRegistry.start();
    await using target = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const base = tarOf("a", "base");
    // The layer is here in another form before the image is pulled.
    await makeImage(store, "base", [base]);
    const { manifest, layers } = source.addImage("app", "1", [base, tarOf("b", "top")]);
    await using client = openClient(store);
    await client.pull(ref(`${source.host}/app:1`));
    assert.equal(source.count(`GET /v2/app/blobs/${layers[0]?.digest}`), 0);
    const copy = `${target.host}/copy:1`;
    store.images.tag(store.images.get(`${source.host}/app:1`).id, copy);
    assert.equal(await client.push(ref(copy)), manifest.digest);
    assert.equal(source.count(`GET /v2/app/blobs/${layers[0]?.digest}`), 1);
  });

  it("compresses what nobody has any more in that form", async () => {
    await using source = await FakeRegistry.start();
    await using target = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const base = tarOf("a", "base");
    await makeImage(store, "base", [base]);
    const { layers, config } = source.addImage("app", "1", [base]);
    await using client = openClient(store, { retries: impatient });
    await client.pull(ref(`${source.host}/app:1`));
    source.blobs.delete(layers[0]?.digest ?? "");
    const copy = `${target.host}/copy:1`;
    store.images.tag(store.images.get(`${source.host}/app:1`).id, copy);
    await client.push(ref(copy));
    assert.equal(stored(target, "copy:1").config.digest, config.digest);
    assert.equal(target.blobs.size, 2);
  });

  it("says in docker's words that it may not, and how to log in", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const name = `${registry.host}/app:1`;
    await makeImage(opened.store, name, [tarOf("a", "one")]);
    registry.intercept = ({ url }, response) => {
      if (url === "/v2/") return false;
      const error = { code: "DENIED", message: "requested access to the resource is denied" };
      response.writeHead(403).end(JSON.stringify({ errors: [error] }));
      return true;
    };
    await using client = openClient(opened.store);
    await assert.rejects(client.pull(ref(name)), {
      code: "REGISTRY_DENIED",
      message: `pull access denied for ${registry.host}/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      hint: `log in with: slipway login ${registry.host}`,
    });
  });
});
