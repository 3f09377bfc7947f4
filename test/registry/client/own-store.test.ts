import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { parseDigest } from "../../../core/digest.ts";
import {
  isStoreProof,
  readOrMakeSecret,
  STORE_HEADER,
  STORE_PROOF_HEADER,
  storeId,
} from "../../../registry/shared/store-proof.ts";
import { TestStore } from "../../store/support.ts";
import { FakeRegistry } from "./fake-registry.ts";
import { makeImage, openClient, ref, tarOf } from "./support.ts";

/** Answers as the built-in registry on the store of `secret` does. */
function share(registry: FakeRegistry, secret: Buffer): void {
  registry.intercept = ({ url, method, headers }, response) => {
    if (url === "/v2/") {
      response.writeHead(200, { [STORE_HEADER]: storeId(secret) }).end("{}");
      return true;
    }
    const { pathname, searchParams } = new URL(url, "http://x");
    const [, repository = ""] = /^\/v2\/(.+)\/blobs\/uploads\/$/.exec(pathname) ?? [];
    const mount = searchParams.get("mount");
    if (method !== "POST" || mount === null) return false;
    const subject = { host: headers.host ?? "", repository, digest: parseDigest(mount) };
    if (!isStoreProof(secret, subject, String(headers[STORE_PROOF_HEADER]))) return false;
    response.writeHead(201).end();
    return true;
  };
}

describe("push to a registry on the same store", () => {
  it("moves no byte and compresses nothing", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    share(registry, readOrMakeSecret(store.paths.registrySecret));
    const name = `${registry.host}/app:1`;
    await makeImage(store, name, [tarOf("a", "one"), tarOf("b", "two")]);
    const record = store.images.get(name);
    await using client = openClient(store);
    assert.equal(await client.push(ref(name)), record.manifest.digest);
    assert.deepEqual(
      [registry.count("PUT /v2/app/blobs/"), registry.count("PUT /v2/app/manifests/")],
      [0, 1],
    );
    assert.ok(record.layers.every((layer) => store.layers.blobs(layer).length === 0));
  });

  it("sends everything to one on another store", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    await using other = await TestStore.open();
    readOrMakeSecret(opened.store.paths.registrySecret);
    share(registry, readOrMakeSecret(other.store.paths.registrySecret));
    const name = `${registry.host}/app:1`;
    await makeImage(opened.store, name, [tarOf("a", "one")]);
    await using client = openClient(opened.store);
    await client.push(ref(name));
    assert.equal(registry.count("PUT /v2/app/blobs/"), 2);
    assert.ok(registry.headers.every((headers) => headers[STORE_PROOF_HEADER] === undefined));
  });
});
