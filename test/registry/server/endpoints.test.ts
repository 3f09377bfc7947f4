import assert from "node:assert/strict";
import { request } from "node:http";
import { describe, it } from "mocha";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { loadKernel } from "../../../native/binding.ts";
import type { Layer } from "../../../registry/server/call.ts";
import { localOnly } from "../../../registry/server/layers/local-only.ts";
import { accessLog } from "../../../registry/server/observers/access-log.ts";
import {
  STORE_HEADER,
  STORE_PROOF_HEADER,
  storeId,
  storeProof,
} from "../../../registry/shared/store-proof.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openStore } from "../../../store/open-store.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import { imageIndex, imageManifest, TestRegistry } from "./support.ts";

const HELLO = digestOf("hello");

describe("registry end-points", () => {
  it("take a blob in chunks, through a restart of the server", async () => {
    using scratch = new Scratch();
    let location: string;
    {
      await using registry = await TestRegistry.open({ root: scratch.path });
      location = await registry.startUpload("a/b");
      const { status, headers } = await registry.send("PATCH", location, {
        headers: { "content-range": "0-2" },
        body: "hel",
      });
      assert.deepEqual([status, headers["range"]], [202, "0-2"]);
    }
    await using registry = await TestRegistry.open({ root: scratch.path });
    assert.equal((await registry.send("GET", location)).headers["range"], "0-2");
    const late = await registry.send("PATCH", location, { headers: { "content-range": "4-4" }, body: "o" });
    assert.deepEqual([late.status, late.codes], [416, ["BLOB_UPLOAD_INVALID"]]);
    const { status, headers } = await registry.send("PUT", `${location}?digest=${HELLO}`, {
      headers: { "content-range": "3-4" },
      body: "lo",
    });
    assert.deepEqual([status, headers["location"]], [201, `/v2/a/b/blobs/${HELLO}`]);
    assert.equal((await registry.send("GET", `/v2/a/b/blobs/${HELLO}`)).body.toString(), "hello");
    assert.equal((await registry.send("GET", location)).status, 404);
  });

  it("mount a blob of a repository that is named, and of any when none is", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushBlob("from", "hello");
    for (const query of [`mount=${HELLO}&from=from`, `mount=${HELLO}`]) {
      const reply = await registry.send("POST", `/v2/to/blobs/uploads/?${query}`);
      assert.deepEqual([reply.status, reply.headers["location"]], [201, `/v2/to/blobs/${HELLO}`]);
    }
    for (const query of [`mount=${HELLO}&from=elsewhere`, `mount=${digestOf("absent")}`])
      assert.equal((await registry.send("POST", `/v2/to/blobs/uploads/?${query}`)).status, 202);
  });

  it("mount nothing from where the caller may not pull", async () => {
    const guarded: Layer = (next) => (call) => {
      call.caller.may = (_, repository) => repository !== "secret";
      return next(call);
    };
    await using registry = await TestRegistry.open({ layers: [guarded] });
    await registry.pushBlob("secret", "hello");
    for (const query of [`mount=${HELLO}&from=secret`, `mount=${HELLO}`])
      assert.equal((await registry.send("POST", `/v2/to/blobs/uploads/?${query}`)).status, 202);
  });

  it("take blobs of the store with the manifest of who proves to be able to read it", async () => {
    using scratch = new Scratch();
    await using store = await openStore(scratch.join("root"), { kernel: loadKernel(), ...testedDriver() });
    const storage = openEmbedded(store);
    const secret = storage.proofSecret ?? Buffer.alloc(0);
    await using registry = await TestRegistry.open({ storage });
    const { digest } = await store.content.put(Buffer.from("a layer of an image"));
    const host = `127.0.0.1:${registry.port}`;
    const base = await registry.send("GET", "/v2/");
    assert.equal(base.headers[STORE_HEADER], storeId(secret));
    await store.content.put(Buffer.from("{}"));
    const document = imageManifest([{ digest, size: 19 }]);
    const put = (proof: string, repository = "a") =>
      registry.putManifest(repository, "1", document, { [STORE_PROOF_HEADER]: proof });
    const subject = { host, repository: "a", digest: digestOf(JSON.stringify(document)) };
    const proof = storeProof(secret, subject);
    const wrong = ["", storeProof(Buffer.alloc(32), subject), storeProof(secret, { ...subject, digest })];
    for (const given of wrong) assert.deepEqual((await put(given)).codes, ["MANIFEST_BLOB_UNKNOWN"]);
    assert.deepEqual((await put(proof, "b")).codes, ["MANIFEST_BLOB_UNKNOWN"]);
    assert.equal((await put(proof)).status, 201);
    assert.equal(
      (await registry.send("GET", `/v2/a/blobs/${digest}`)).body.toString(),
      "a layer of an image",
    );
    // Linked blobs are roots of the store's own collection.
    await store.collect();
    assert.equal((await registry.send("HEAD", `/v2/a/blobs/${digest}`)).status, 200);
  });

  it("keep what images use when the registry lets go of it, and the other way round", async () => {
    using scratch = new Scratch();
    await using store = await openStore(scratch.join("root"), { kernel: loadKernel(), ...testedDriver() });
    await using registry = await TestRegistry.open({ storage: openEmbedded(store) });
    const { digest } = await registry.pushImage("a", "1");
    await store.collect();
    assert.equal((await registry.send("GET", "/v2/a/manifests/1")).status, 200);
    await registry.send("DELETE", `/v2/a/manifests/${digest}`);
    await store.collect();
    assert.equal(store.content.stat(digest), undefined);
  });

  it("give a manifest its tags by parameters", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushBlob("a", "{}");
    const digest = digestOf(JSON.stringify(imageManifest()));
    const reply = await registry.putManifest("a", `${digest}?tag=1&tag=1.2`, imageManifest());
    assert.deepEqual([reply.status, reply.headers["oci-tag"]], [201, "1, 1.2"]);
    const { body } = await registry.send("GET", "/v2/a/tags/list");
    assert.deepEqual(JSON.parse(body.toString()), { name: "a", tags: ["1", "1.2"] });
  });

  it("list in pages that lead to each other", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushImage("a", "0");
    for (const tag of ["1", "2", "3"]) await registry.putManifest("a", tag, imageManifest());
    const seen: string[] = [];
    for (let path = "/v2/a/tags/list?n=3"; path !== ""; ) {
      const { headers, body } = await registry.send("GET", path);
      seen.push(...(JSON.parse(body.toString()) as { tags: string[] }).tags);
      path = /^<([^>]+)>; rel="next"$/.exec(String(headers["link"] ?? ""))?.[1] ?? "";
    }
    assert.deepEqual(seen, ["0", "1", "2", "3"]);
    const none = await registry.send("GET", "/v2/a/tags/list?n=0");
    assert.deepEqual([JSON.parse(none.body.toString()).tags, none.headers["link"]], [[], undefined]);
  });

  it("name the subject, and list what refers to it", async () => {
    await using registry = await TestRegistry.open();
    const subject = {
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: digestOf("later"),
      size: 5,
    };
    await registry.pushBlob("a", "{}");
    const manifest = {
      ...imageManifest(),
      artifactType: "application/sbom",
      subject,
      annotations: { k: "v" },
    };
    const { status, headers } = await registry.putManifest("a", "sbom", manifest);
    assert.deepEqual([status, headers["oci-subject"]], [201, subject.digest]);
    const found = await registry.send(
      "GET",
      `/v2/a/referrers/${subject.digest}?artifactType=application%2Fsbom`,
    );
    assert.equal(found.headers["oci-filters-applied"], "artifactType");
    const [descriptor] = JSON.parse(found.body.toString()).manifests;
    assert.deepEqual([descriptor.artifactType, descriptor.annotations], ["application/sbom", { k: "v" }]);
    const other = await registry.send("GET", `/v2/never/referrers/${subject.digest}?artifactType=x`);
    assert.deepEqual([other.status, JSON.parse(other.body.toString()).manifests], [200, []]);
  });

  it("take an index whose manifests are not there, and keep a sibling's tag when one is deleted", async () => {
    await using registry = await TestRegistry.open();
    const { digest, manifest } = await registry.pushImage("a", "1");
    await registry.putManifest("a", "2", manifest);
    const index = imageIndex([
      { digest, size: JSON.stringify(manifest).length },
      { digest: HELLO, size: 5 },
    ]);
    assert.equal((await registry.putManifest("a", "index", index)).status, 201);
    assert.equal((await registry.send("DELETE", "/v2/a/manifests/1")).status, 202);
    const statuses = await Promise.all(
      ["1", "2", "index", digest].map(
        async (name) => (await registry.send("HEAD", `/v2/a/manifests/${name}`)).status,
      ),
    );
    assert.deepEqual(statuses, [404, 200, 200, 200]);
  });

  for (const [range, status, text, contentRange] of [
    ["bytes=1-3", 206, "ell", "bytes 1-3/5"],
    ["bytes=1-", 206, "ello", "bytes 1-4/5"],
    ["bytes=-2", 206, "lo", "bytes 3-4/5"],
    ["bytes=0-99", 206, "hello", "bytes 0-4/5"],
    ["bytes=3-1", 200, "hello", undefined],
    ["bytes=0-1,1-2,0-4", 200, "hello", undefined],
    ["lines=1-2", 200, "hello", undefined],
  ] as const)
    it(`answer ${range} with ${status} and ${JSON.stringify(text)}`, async () => {
      await using registry = await TestRegistry.open();
      await registry.pushBlob("a", "hello");
      const reply = await registry.send("GET", `/v2/a/blobs/${HELLO}`, { headers: { range } });
      assert.deepEqual(
        [reply.status, reply.body.toString(), reply.headers["content-range"]],
        [status, text, contentRange],
      );
    });

  it("send no bytes the client has, and all of them when its range is of something else", async () => {
    await using registry = await TestRegistry.open();
    await registry.pushBlob("a", "hello");
    const get = (headers: Readonly<Record<string, string>>) =>
      registry.send("GET", `/v2/a/blobs/${HELLO}`, { headers });
    assert.equal((await get({ "if-none-match": `"${HELLO}"` })).status, 304);
    assert.equal((await get({ range: "bytes=0-0", "if-range": '"other"' })).status, 200);
    assert.equal((await get({ range: "bytes=0-0", "if-range": `"${HELLO}"` })).status, 206);
  });

  it("ask for a body only when they want it", async () => {
    await using registry = await TestRegistry.open();
    const continued = async (path: string): Promise<readonly [boolean, number]> => {
      let asked = false;
      const status = await new Promise<number>((resolve, reject) => {
        const sending = request({
          port: registry.port,
          host: "127.0.0.1",
          method: "POST",
          path,
          headers: { expect: "100-continue", "content-length": 5 },
        });
        sending.on("continue", () => {
          asked = true;
          sending.end("hello");
        });
        sending.on("response", (response) => resolve(response.resume().statusCode ?? 0));
        sending.on("error", reject);
        sending.flushHeaders();
      });
      return [asked, status];
    };
    assert.deepEqual(await continued(`/v2/a/blobs/uploads/?digest=${HELLO}`), [true, 201]);
    assert.deepEqual(await continued("/v2/Bad/blobs/uploads/"), [false, 400]);
  });

  it("answer health, log one line a request, and turn others' machines away", async () => {
    const lines: string[] = [];
    const elsewhere: Layer = (next) => (call) => next({ ...call, remoteAddress: "192.0.2.1" });
    await using registry = await TestRegistry.open({
      layers: [elsewhere, localOnly],
      observers: [accessLog((line) => lines.push(line))],
    });
    assert.equal((await registry.send("GET", "/healthz")).status, 200);
    assert.equal((await registry.send("GET", "/readyz")).status, 200);
    const refused = await registry.send("GET", "/v2/a/tags/list");
    assert.deepEqual([refused.status, refused.codes], [403, ["DENIED"]]);
    const logged = lines.map((line) => JSON.parse(line));
    assert.deepEqual(
      logged.map(({ route, status }) => [route, status]),
      [
        ["health", 200],
        ["readiness", 200],
        ["tags", 403],
      ],
    );
  });

  it("keep sixteen pushes of one image apart", async () => {
    await using registry = await TestRegistry.open();
    const pushes = Array.from({ length: 16 }, (_, i) => registry.pushImage(`team/app-${i % 4}`, "latest"));
    const found = new Set<Digest>((await Promise.all(pushes)).map(({ digest }) => digest));
    assert.equal(found.size, 1);
    assert.deepEqual(registry.reports, []);
  });
});
