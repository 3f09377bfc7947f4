import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { digestOf } from "../../../core/digest.ts";
import { isCode } from "../../../core/errors.ts";
import { parsePlatform } from "../../../core/platform.ts";
import { MEDIA_TYPES } from "../../../image/media-types.ts";
import type { TransferEvent } from "../../../registry/client/transfer/events.ts";
import { imageConfig, TestStore } from "../../store/support.ts";
import { FakeRegistry, type Intercept } from "./fake-registry.ts";
import { openClient, ref, tarOf } from "./support.ts";

const REPOSITORY = "team/app";
const impatient = { wait: async () => undefined, random: () => 0.5 };

interface Rig extends AsyncDisposable {
  readonly registry: FakeRegistry;
  readonly store: TestStore["store"];
  /** Resolves with the events of a pull. */
  pull(tag: string, platform?: string): Promise<readonly TransferEvent[]>;
}

async function openRig(): Promise<Rig> {
  const registry = await FakeRegistry.start();
  const opened = await TestStore.open();
  const client = openClient(opened.store, { retries: impatient });
  return {
    registry,
    store: opened.store,
    async pull(tag, platform) {
      const events: TransferEvent[] = [];
      await client.pull(ref(`${registry.host}/${REPOSITORY}${tag.startsWith("sha256:") ? "@" : ":"}${tag}`), {
        report: (event) => events.push(event),
        ...(platform === undefined ? {} : { platform: parsePlatform(platform) }),
      });
      return events;
    },
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

const isBlob = (url: string): boolean => url.includes("/blobs/sha256:");

describe("pull", () => {
  it("tells of each layer in docker's words", async () => {
    await using rig = await openRig();
    const { manifest, layers } = rig.registry.addImage(REPOSITORY, "1", [tarOf("a", "one")]);
    const id = layers[0]?.digest.slice(7, 19) ?? "";
    const events = (await rig.pull("1")).filter(({ current }) => current === undefined);
    assert.deepEqual(events, [
      { id: "1", status: `Pulling from ${REPOSITORY}` },
      { id, status: "Pulling fs layer" },
      { id, status: "Verifying Checksum" },
      { id, status: "Download complete" },
      { id, status: "Pull complete" },
      { status: `Digest: ${manifest.digest}` },
    ]);
  });

  it("fetches only the layers that are not here", async () => {
    await using rig = await openRig();
    const base = tarOf("a", "shared");
    const { layers } = rig.registry.addImage(REPOSITORY, "1", [base]);
    rig.registry.addImage(REPOSITORY, "2", [base, tarOf("b", "new")]);
    await rig.pull("1");
    const events = await rig.pull("2");
    const id = layers[0]?.digest.slice(7, 19) ?? "";
    assert.ok(events.some((event) => event.id === id && event.status === "Already exists"));
    assert.equal(rig.registry.count(`GET /v2/${REPOSITORY}/blobs/${layers[0]?.digest}`), 1);
  });

  it("keeps manifest, configuration and layers as they came", async () => {
    await using rig = await openRig();
    const { manifest, config, layers } = rig.registry.addImage(REPOSITORY, "1", [tarOf("a", "one")]);
    await rig.pull("1");
    const record = rig.store.images.get(`${rig.registry.host}/${REPOSITORY}:1`);
    assert.equal(record.id, config.digest);
    assert.deepEqual(record.manifest, manifest);
    for (const { digest } of [manifest, config, ...layers])
      assert.notEqual(rig.store.content.stat(digest), undefined);
    assert.deepEqual(record.digests, [`${rig.registry.host}/${REPOSITORY}@${manifest.digest}`]);
  });

  it("takes layers that are named by sha512", async () => {
    await using rig = await openRig();
    const { registry } = rig;
    const tar = tarOf("a", "one");
    const blob = gzipSync(tar);
    const digest = digestOf(blob, "sha512");
    registry.blobs.set(digest, blob);
    const { config } = registry.addImage(REPOSITORY, "other", [tar]);
    const layers = [{ mediaType: MEDIA_TYPES.layerGzip, digest, size: blob.byteLength }];
    const content = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers };
    registry.addManifest(REPOSITORY, "1", content, MEDIA_TYPES.manifest);
    await rig.pull("1");
    const image = rig.store.images.get(`${registry.host}/${REPOSITORY}:1`);
    assert.deepEqual(image.layers, [digestOf(tar)]);
    assert.equal(rig.store.content.stat(digest)?.size, blob.byteLength);
    const lie = digestOf("lie", "sha512");
    registry.blobs.set(lie, gzipSync(tarOf("b", "two")));
    const { config: other } = registry.addImage(REPOSITORY, "more", [tarOf("b", "two")]);
    const lying = { ...content, config: other, layers: [{ ...layers[0], digest: lie }] };
    registry.addManifest(REPOSITORY, "2", lying, MEDIA_TYPES.manifest);
    await assert.rejects(rig.pull("2"), /_MISMATCH|expected/);
    assert.equal(rig.store.content.stat(lie), undefined);
  });

  it("takes the image for the platform out of an index, by tag and by digest", async () => {
    await using rig = await openRig();
    const { registry, store } = rig;
    const arm = registry.addImage(REPOSITORY, "arm", [tarOf("a", "arm")], "arm64");
    const amd = registry.addImage(REPOSITORY, "amd", [tarOf("a", "amd")], "amd64");
    const manifests = [
      { ...arm.manifest, platform: { os: "linux", architecture: "arm64", variant: "v8" } },
      { ...amd.manifest, platform: { os: "linux", architecture: "amd64" } },
      { ...amd.manifest, platform: { os: "unknown", architecture: "unknown" } },
    ];
    const content = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
    const index = registry.addManifest(REPOSITORY, "1", content, MEDIA_TYPES.index);
    await rig.pull("1", "linux/arm64");
    assert.equal(store.images.get(`${registry.host}/${REPOSITORY}:1`).id, arm.config.digest);
    await rig.pull(index.digest, "linux/amd64");
    assert.equal(store.images.get(`${registry.host}/${REPOSITORY}@${index.digest}`).id, amd.config.digest);
    await assert.rejects(rig.pull("1", "linux/s390x"), {
      code: "PLATFORM_MISSING",
      message: `no matching manifest for linux/s390x in the manifest list entries of ${registry.host}/${REPOSITORY}:1`,
    });
    await assert.rejects(rig.pull("arm", "linux/amd64"), { code: "PLATFORM_MISMATCH" });
  });

  it("goes on where a broken connection stopped", async () => {
    await using rig = await openRig();
    const { registry } = rig;
    const { layers } = registry.addImage(REPOSITORY, "1", [tarOf("a", randomBytes(400_000))]);
    const layer = layers[0];
    assert.ok(layer);
    const blob = registry.blobs.get(layer.digest) ?? Buffer.alloc(0);
    const ranges: (string | undefined)[] = [];
    registry.intercept = ({ url, headers, method }, response) => {
      if (method !== "GET" || !url.endsWith(layer.digest)) return false;
      ranges.push(headers.range);
      const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
      response.writeHead(from === 0 ? 200 : 206, {
        "content-length": blob.byteLength - from,
        ...(from === 0 ? {} : { "content-range": `bytes ${from}-${blob.byteLength - 1}/${blob.byteLength}` }),
      });
      const rest = blob.subarray(from, from + 150_000);
      response.write(rest, () =>
        from + rest.byteLength < blob.byteLength ? response.destroy() : response.end(),
      );
      return true;
    };
    await rig.pull("1");
    assert.equal(ranges[0], undefined);
    assert.ok(
      ranges.length >= 3 && ranges.slice(1).every((range) => /^bytes=\d+-$/.test(range ?? "")),
      String(ranges),
    );
  });

  it("skips what it has when the registry sends everything again", async () => {
    await using rig = await openRig();
    const { registry } = rig;
    registry.addImage(REPOSITORY, "1", [tarOf("a", randomBytes(300_000))]);
    let broken = 0;
    registry.intercept = ({ url }, response) => {
      const blob = registry.blobs.get(url.slice(url.lastIndexOf("/") + 1));
      if (blob === undefined || blob.byteLength < 100_000 || broken++ > 0) return false;
      response.writeHead(200, { "content-length": blob.byteLength });
      response.write(blob.subarray(0, 100_000), () => response.destroy());
      return true;
    };
    await rig.pull("1");
    assert.equal(broken, 2);
  });

  it("waits as a busy registry asks it to", async () => {
    await using registry = await FakeRegistry.start();
    await using opened = await TestStore.open();
    registry.addImage(REPOSITORY, "1", [tarOf("a", "one")]);
    const waits: number[] = [];
    const answers = [429, 503, 502];
    registry.intercept = ({ url }, response) => {
      const status = url.includes("/manifests/") ? answers.shift() : undefined;
      if (status === undefined) return false;
      response.writeHead(status, status === 429 ? { "retry-after": "7" } : {}).end();
      return true;
    };
    const wait = async (ms: number) => void waits.push(ms);
    await using client = openClient(opened.store, { retries: { wait, random: () => 0.5 } });
    await client.pull(ref(`${registry.host}/${REPOSITORY}:1`));
    assert.deepEqual(waits, [7000, 1000, 2000]);
  });

  const lies: readonly [title: string, code: string, intercept: (registry: FakeRegistry) => Intercept][] = [
    [
      "another blob than was asked for",
      "DIGEST_MISMATCH",
      (registry) =>
        ({ url }, response) => {
          const blob = registry.blobs.get(url.slice(url.lastIndexOf("/") + 1));
          if (!isBlob(url) || blob === undefined || blob[0] !== 0x1f) return false;
          response.end(gzipSync(tarOf("evil", "one"), { level: 9 }).subarray(0, blob.byteLength));
          return true;
        },
    ],
    [
      "less than was announced",
      "SIZE_MISMATCH",
      () =>
        ({ url }, response) => {
          if (!isBlob(url)) return false;
          response.end("short");
          return true;
        },
    ],
    [
      "a blob without end",
      "SIZE_MISMATCH",
      () =>
        ({ url }, response) => {
          if (!isBlob(url)) return false;
          const more = (): void => {
            if (!response.destroyed && response.write(Buffer.alloc(65_536, 1))) setImmediate(more);
            else response.once("drain", more);
          };
          more();
          return true;
        },
    ],
    [
      "a manifest without end",
      "REGISTRY_ANSWER_INVALID",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.end(Buffer.alloc(5 << 20, 0x20));
          return true;
        },
    ],
    [
      "a manifest that is not the one its digest says",
      "DIGEST_MISMATCH",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.setHeader("docker-content-digest", digestOf("something else"));
          response.end("{}");
          return true;
        },
    ],
    [
      "a manifest of the first schema",
      "MANIFEST_SCHEMA1",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.setHeader("content-type", "application/vnd.docker.distribution.manifest.v1+prettyjws");
          response.end('{"schemaVersion":1}');
          return true;
        },
    ],
    [
      "no manifest",
      "REMOTE_IMAGE_UNKNOWN",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.writeHead(404).end();
          return true;
        },
    ],
    [
      "redirects without end",
      "REGISTRY_ANSWER_INVALID",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.writeHead(307, { location: url }).end();
          return true;
        },
    ],
    [
      "an error page without end",
      "REGISTRY_DENIED",
      () =>
        ({ url }, response) => {
          if (!url.includes("/manifests/")) return false;
          response.writeHead(403, { "content-type": "text/html" });
          response.end(`<html><body>\u001b[31mno${"!".repeat(1 << 20)}`);
          return true;
        },
    ],
  ];
  for (const [title, code, intercept] of lies) {
    it(`keeps nothing of a registry that sends ${title}`, async () => {
      await using rig = await openRig();
      const { registry, store } = rig;
      registry.addImage(REPOSITORY, "1", [tarOf("a", "one")]);
      registry.intercept = intercept(registry);
      await assert.rejects(rig.pull("1"), (error: Error) => {
        assert.ok(isCode(error, code as never), `${(error as { code?: string }).code}: ${error.message}`);
        assert.ok(error.message.length < 1000 && !error.message.includes("\u001b"));
        return true;
      });
      assert.deepEqual(store.images.list(), []);
      assert.deepEqual([...store.content.list()], []);
    });
  }

  it("stops a layer that inflates beyond all measure", async () => {
    await using rig = await openRig();
    const { registry, store } = rig;
    const diffId = digestOf("never reached");
    // RFC 8878: a frame without checksum, then blocks of 128 KiB of one byte, in four bytes each.
    const block = Buffer.from([0x02, 0x00, 0x10, 0x00]);
    const blocks = Array.from({ length: 4000 }, () => block);
    const bomb = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58]), ...blocks]);
    const layer = registry.addBlob(bomb, MEDIA_TYPES.layerZstd);
    const config = registry.addBlob(
      Buffer.from(JSON.stringify(imageConfig("bomb", [diffId]))),
      MEDIA_TYPES.config,
    );
    const content = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] };
    registry.addManifest(REPOSITORY, "1", content, MEDIA_TYPES.manifest);
    await assert.rejects(rig.pull("1"), { code: "ARCHIVE_INVALID" });
    assert.deepEqual(store.images.list(), []);
  });

  it("asks mirrors of Docker Hub first and goes on when they do not know", async () => {
    await using mirror = await FakeRegistry.start();
    await using empty = await FakeRegistry.start();
    await using opened = await TestStore.open();
    const { config } = mirror.addImage("library/thing", "latest", [tarOf("a", "mirrored")]);
    const mirrors = [`http://${empty.host}/`, `http://${mirror.host}`];
    await using client = openClient(opened.store, { mirrors });
    assert.equal((await client.pull(ref("thing"))).id, config.digest);
    assert.equal(opened.store.images.get("thing").id, config.digest);
    assert.equal(empty.count("GET /v2/library/thing/manifests/latest"), 1);
  });

  it("shares one layer among pulls at the same time", async () => {
    await using rig = await openRig();
    const shared = tarOf("a", randomBytes(100_000));
    const { layers } = rig.registry.addImage(REPOSITORY, "1", [shared]);
    rig.registry.addImage(REPOSITORY, "2", [shared, tarOf("b", "x")]);
    await Promise.all([rig.pull("1"), rig.pull("2")]);
    assert.equal(rig.registry.count(`GET /v2/${REPOSITORY}/blobs/${layers[0]?.digest}`), 1);
  });

  it("ends when it is told to, and leaves nothing", async () => {
    await using rig = await openRig();
    const { registry, store } = rig;
    registry.addImage(REPOSITORY, "1", [tarOf("a", "one")]);
    const controller = new AbortController();
    registry.intercept = ({ url }) => {
      if (!isBlob(url)) return false;
      controller.abort(new Error("enough"));
      return true;
    };
    await using client = openClient(store);
    const pulling = client.pull(ref(`${registry.host}/${REPOSITORY}:1`), { signal: controller.signal });
    await assert.rejects(pulling, { code: "CANCELLED", message: "the pull was cancelled" });
    assert.deepEqual([...store.content.list()], []);
  });
});
