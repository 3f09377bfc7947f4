import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { describe, it } from "mocha";
import { deferred } from "../../../core/deferred.ts";
import { type Digest, digestOf } from "../../../core/digest.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import { collectRegistry } from "../../../registry/care/collect.ts";
import { scrubRegistry } from "../../../registry/care/scrub.ts";
import { parseProxies } from "../../../registry/proxy/proxies.ts";
import { tarOf } from "../client/support.ts";
import { type StorageName, TestProxy } from "./support.ts";

const STORAGES: readonly StorageName[] = ["embedded", "filesystem"];
const MINUTE_MS = 60_000;

for (const storage of STORAGES)
  describe(`a cache of an upstream, in ${storage} storage`, () => {
    it("fetches an image once, and keeps it", async () => {
      await using proxy = await TestProxy.open({ storage });
      const { upstream, registry } = proxy;
      const image = upstream.addImage("team/app", "1", [tarOf("a", "one")]);
      const head = await registry.send("HEAD", "/v2/up/team/app/manifests/1");
      assert.deepEqual(
        [head.status, head.headers["docker-content-digest"], head.headers["content-type"]],
        [200, image.manifest.digest, MEDIA_TYPES.manifest],
      );
      for (let i = 0; i < 3; i += 1)
        for (const { digest } of [image.manifest, image.config, ...image.layers]) {
          const kind = digest === image.manifest.digest ? "manifests" : "blobs";
          const { status, body } = await registry.send("GET", `/v2/up/team/app/${kind}/${digest}`);
          assert.equal(status, 200);
          assert.equal(digestOf(body), digest);
        }
      assert.equal(upstream.count("GET /v2/team/app/manifests/"), 1);
      assert.equal(upstream.count("GET /v2/team/app/blobs/"), 2);
      assert.deepEqual(proxy.uploads, []);
      assert.deepEqual((await scrubRegistry(registry.storage)).problems, []);
    });
  });

/** The first bytes of an answer, and all of them. */
async function begun(port: number, path: string) {
  const [response] = (await once(get({ host: "127.0.0.1", port, path, agent: false }), "response")) as [
    IncomingMessage,
  ];
  const chunks: Buffer[] = [];
  const first = deferred();
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    first.resolve();
  });
  await first.promise;
  const all = once(response, "close").then(() => ({
    complete: response.complete,
    body: Buffer.concat(chunks),
  }));
  return { all };
}

describe("a cache of an upstream", () => {
  it("asks once for what many want, and gives it out while it comes", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry } = proxy;
    const content = Buffer.alloc(3 << 20, "abcdefg");
    const { digest } = upstream.addBlob(content, MEDIA_TYPES.layer);
    const rest = deferred();
    upstream.intercept = ({ url, method }, response) => {
      if (method !== "GET" || !url.includes("/blobs/")) return false;
      response.writeHead(200, { "content-length": content.byteLength }).write(content.subarray(0, 1 << 20));
      void rest.promise.then(() => response.end(content.subarray(1 << 20)));
      return true;
    };
    const path = `/v2/up/team/app/blobs/${digest}`;
    const readers = await Promise.all(Array.from({ length: 20 }, () => begun(registry.port, path)));
    const range = registry.send("GET", path, { headers: { range: "bytes=1048570-1048580" } });
    rest.resolve();
    for (const { all } of readers) {
      const { complete, body } = await all;
      assert.ok(complete && body.equals(content));
    }
    const { status, headers, body } = await range;
    assert.deepEqual(
      [status, headers["content-range"], body],
      [206, "bytes 1048570-1048580/3145728", content.subarray(1_048_570, 1_048_581)],
    );
    assert.equal(upstream.count("GET /v2/team/app/blobs/"), 1);
  });

  it("asks whether a tag has moved when it has not asked for long, and follows it", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry, clock } = proxy;
    const tagged = async () => {
      const { status, headers } = await registry.send("GET", "/v2/up/app/manifests/1");
      return status === 200 ? headers["docker-content-digest"] : status;
    };
    const old = upstream.addImage("app", "1", [tarOf("a", "old")]);
    assert.equal(await tagged(), old.manifest.digest);
    const young = upstream.addImage("app", "1", [tarOf("a", "young")]);
    assert.equal(await tagged(), old.manifest.digest);
    clock.now += MINUTE_MS;
    assert.equal(await tagged(), young.manifest.digest);
    clock.now += MINUTE_MS;
    assert.equal(await tagged(), young.manifest.digest);
    assert.equal(upstream.count("GET /v2/app/manifests/1"), 2);
    assert.equal(upstream.count("HEAD /v2/app/manifests/1"), 2);
    upstream.manifests.delete("app:1");
    clock.now += MINUTE_MS;
    assert.equal(await tagged(), 404);
    // What it named stays what it is.
    const { status } = await registry.send("GET", `/v2/up/app/manifests/${young.manifest.digest}`);
    assert.equal(status, 200);
  });

  it("serves what it has, and says so, while the upstream is away", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry, clock } = proxy;
    const { manifest, config } = upstream.addImage("app", "1", [tarOf("a", "one")]);
    await registry.send("GET", "/v2/up/app/manifests/1");
    await registry.send("GET", `/v2/up/app/blobs/${config.digest}`);
    upstream.intercept = (_request, response) => {
      response.writeHead(503).end();
      return true;
    };
    clock.now += MINUTE_MS;
    for (let i = 0; i < 2; i += 1) {
      const { status, headers } = await registry.send("GET", "/v2/up/app/manifests/1");
      assert.deepEqual([status, headers["docker-content-digest"]], [200, manifest.digest]);
      assert.match(String(headers["warning"]), /^299 - "the upstream http:\/\/\S+ cannot be asked: /);
    }
    assert.equal((await registry.send("GET", `/v2/up/app/blobs/${config.digest}`)).status, 200);
    const tags = await registry.send("GET", "/v2/up/app/tags/list");
    assert.deepEqual(JSON.parse(tags.body.toString()), { name: "up/app", tags: ["1"] });
    for (const path of [
      "app/manifests/2",
      "other/manifests/1",
      "other/tags/list",
      `app/blobs/${digestOf("x")}`,
    ]) {
      const { status, codes, headers } = await registry.send("GET", `/v2/up/${path}`);
      assert.deepEqual([path, status, codes], [path, 503, ["UNAVAILABLE"]]);
      assert.equal(headers["retry-after"], "1");
    }
    upstream.intercept = () => false;
    clock.now += MINUTE_MS;
    assert.equal((await registry.send("GET", "/v2/up/app/manifests/1")).headers["warning"], undefined);
  });

  it("lists the upstream's tags and referrers", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry } = proxy;
    for (const tag of ["b", "a", "c"]) upstream.addImage("app", tag, []);
    const page = await registry.send("GET", "/v2/up/app/tags/list?n=2");
    assert.deepEqual(JSON.parse(page.body.toString()).tags, ["a", "b"]);
    assert.match(String(page.headers["link"]), /last=b/);
    const digest = digestOf("subject");
    const empty = { mediaType: MEDIA_TYPES.manifest, digest: digestOf("one"), size: 3 };
    const types = ["text/a", "text/b"].map((artifactType) => ({ ...empty, artifactType }));
    const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: types };
    upstream.addManifest("app", digest.replace(":", "-"), index, MEDIA_TYPES.index);
    const listed = await registry.send("GET", `/v2/up/app/referrers/${digest}?artifactType=text/b`);
    assert.deepEqual(JSON.parse(listed.body.toString()).manifests, types.slice(1));
    assert.equal(listed.headers["oci-filters-applied"], "artifactType");
  });

  it("takes no push, and lets go of what is deleted", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry } = proxy;
    const { manifest } = upstream.addImage("app", "1", []);
    await registry.send("GET", "/v2/up/app/manifests/1");
    const pushes: readonly [method: string, path: string][] = [
      ["POST", "blobs/uploads/"],
      ["POST", `blobs/uploads/?mount=${manifest.digest}`],
      ["PUT", "manifests/1"],
      ["PATCH", "blobs/uploads/1"],
    ];
    for (const [method, path] of pushes) {
      const { status, codes, headers } = await registry.send(method, `/v2/up/app/${path}`);
      assert.deepEqual([status, codes, headers["allow"]], [405, ["UNSUPPORTED"], "GET, HEAD, DELETE"]);
    }
    assert.equal((await registry.pushImage("other", "1")).status, 201);
    assert.equal((await registry.send("DELETE", "/v2/up/app/manifests/1")).status, 202);
    assert.equal((await registry.send("GET", "/v2/up/app/manifests/1")).status, 200);
    assert.equal(upstream.count("GET /v2/app/manifests/1"), 2);
  });

  it("shows the upstream the credentials it has, and tells when they do not do", async () => {
    let password = "right";
    const credentials = { get: async () => ({ username: "joe", password }) };
    await using proxy = await TestProxy.open({ credentials });
    const { upstream, registry } = proxy;
    upstream.addImage("app", "1", []);
    upstream.intercept = ({ headers }, response) => {
      if (headers.authorization === `Basic ${Buffer.from("joe:right").toString("base64")}`) return false;
      response.writeHead(401, { "www-authenticate": 'Basic realm="up"' }).end();
      return true;
    };
    assert.equal((await registry.send("GET", "/v2/up/app/manifests/1")).status, 200);
    password = "wrong";
    await using other = await TestProxy.open({ credentials });
    other.upstream.intercept = upstream.intercept;
    const { status, codes } = await other.registry.send("GET", "/v2/up/app/manifests/1");
    assert.deepEqual([status, codes], [403, ["DENIED"]]);
  });

  it("is cleared by a collection of what nobody has used for long", async () => {
    await using proxy = await TestProxy.open();
    const { upstream, registry } = proxy;
    const { storage } = registry;
    const { layers } = upstream.addImage("app", "1", [tarOf("a", "one")]);
    const [layer] = layers as readonly { readonly digest: Digest }[];
    await registry.send("GET", "/v2/up/app/manifests/1");
    await registry.send("GET", `/v2/up/app/blobs/${layer?.digest}`);
    await registry.pushImage("own", "1");
    const collect = (unusedMs: number) =>
      collectRegistry(
        storage,
        { graceMs: 0, uploadMs: MINUTE_MS, unusedMs, untagged: false, dryRun: false },
        new Date(Date.now() + MINUTE_MS),
      );
    assert.deepEqual((await collect(2 * MINUTE_MS)).pruned, []);
    const { pruned } = await collect(MINUTE_MS / 2);
    assert.deepEqual(
      pruned.map(({ repository, kind }) => `${repository} ${kind}`),
      ["up/app manifest", "up/app blob"],
    );
    assert.equal(await storage.metadata.manifestByTag("up/app", "1"), undefined);
    assert.equal((await registry.send("GET", "/v2/own/manifests/1")).status, 200);
  });

  const wrong: readonly (readonly string[])[] = [
    ["=https://a"],
    ["UP=https://a"],
    ["up=a.example"],
    ["up=ftp://a"],
    ["up=https://joe:secret@a"],
    ["up=https://a", "up=https://b"],
  ];
  for (const texts of wrong)
    it(`is not made of ${texts.join(" ")}`, () =>
      assert.throws(() => parseProxies(texts), { code: "OPTION_INVALID" }));

  it("is found by the longest prefix", () =>
    assert.deepEqual(
      parseProxies(["https://a", "up/more=https://b", "up=https://c/d"]).map(
        ({ prefix, base }) => `${prefix} ${base.href}`,
      ),
      ["up/more https://b/", "up https://c/d/", " https://a/"],
    ));
});
