import assert from "node:assert/strict";
import { describe, it } from "mocha";
import type { Digest } from "../../../core/digest.ts";
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

/** Says that it is on the store of `secret`, as the built-in registry does, and takes the manifest of who proves to be able to read it. */
function share(registry: FakeRegistry, secret: Buffer, manifest: () => Digest): void {
  registry.intercept = ({ url, method, headers }, response) => {
    if (url === "/v2/") {
      response.writeHead(200, { [STORE_HEADER]: storeId(secret) }).end("{}");
      return true;
    }
    const proof = headers[STORE_PROOF_HEADER];
    if (method !== "PUT" || proof === undefined) return false;
    const subject = { host: headers.host ?? "", repository: "app", digest: manifest() };
    response.writeHead(isStoreProof(secret, subject, String(proof)) ? 201 : 404).end();
    return true;
  };
}

describe("push to a registry on the same store", () => {
  it("moves no byte and compresses nothing", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { store } = opened;
    const name = `${registry.host}/app:1`;
    await makeImage(store, name, [tarOf("a", "one"), tarOf("b", "two")]);
    const record = store.images.get(name);
    share(registry, readOrMakeSecret(store.paths.registrySecret), () => record.manifest.digest);
    await using client = openClient(store);
    assert.equal(await client.push(ref(name)), record.manifest.digest);
    assert.deepEqual(registry.requests, ["GET /v2/", "PUT /v2/app/manifests/1"]);
    assert.ok(record.layers.every((layer) => store.layers.blobs(layer).length === 0));
  });

  it("sends everything to one on another store", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    await using other = await TestStore.open();
    readOrMakeSecret(opened.store.paths.registrySecret);
    const name = `${registry.host}/app:1`;
    await makeImage(opened.store, name, [tarOf("a", "one")]);
    const { digest } = opened.store.images.get(name).manifest;
    share(registry, readOrMakeSecret(other.store.paths.registrySecret), () => digest);
    await using client = openClient(opened.store);
    await client.push(ref(name));
    assert.equal(registry.count("PUT /v2/app/blobs/"), 2);
    assert.ok(registry.headers.every((headers) => headers[STORE_PROOF_HEADER] === undefined));
  });
});
