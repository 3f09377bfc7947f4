import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { describe, it } from "mocha";
import { type Digest, digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { encodeConfig } from "../../image/config.ts";
import { parseManifest } from "../../image/manifest.ts";
import type { Store } from "../../store/types.ts";
import { imageConfig, missingDigest, TestStore } from "./support.ts";

const publish = (store: Store, name: string, ...tags: readonly string[]) =>
  store.images.publish({ config: imageConfig(name) }, tags);

describe("image store", () => {
  it("publishes an image under the digest of its config, with a manifest over its plain layers", async () => {
    await using opened = await TestStore.open();
    const { content, images } = opened.store;
    const layer = await content.put(Buffer.from("a layer"));
    const config = imageConfig("a", [layer.digest]);
    const image = await images.publish({ config }, ["app", "localhost:5000/app:2"]);
    assert.equal(image.id, digestOf(encodeConfig(config)));
    assert.deepEqual(image.tags, ["app:latest", "localhost:5000/app:2"]);
    assert.deepEqual(image.layers, [layer.digest]);
    assert.equal(image.size, layer.size);
    assert.equal(image.createdAt.toISOString(), "2024-05-06T07:08:09.000Z");
    assert.deepEqual(await images.config(image.id), config);
    const manifest = parseManifest(await content.readDocument(image.manifest.digest));
    assert.equal(manifest.kind, "image");
    assert.deepEqual(manifest.kind === "image" && manifest.layers, [
      { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: layer.digest, size: layer.size },
    ]);
  });

  it("keeps foreign bytes of config and manifest as they are", async () => {
    await using opened = await TestStore.open();
    const { content, images } = opened.store;
    const rawConfig = Buffer.from(JSON.stringify({ ...imageConfig("a"), extra: 1 }, null, 4));
    const manifestType = "application/vnd.docker.distribution.manifest.v2+json";
    const rawManifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: {
          mediaType: "application/vnd.docker.container.image.v1+json",
          digest: digestOf(rawConfig),
          size: rawConfig.byteLength,
        },
        layers: [],
      }),
    );
    const image = await images.publish({ config: imageConfig("a"), rawConfig, rawManifest, manifestType });
    assert.equal(image.id, digestOf(rawConfig));
    assert.equal(image.manifest.mediaType, manifestType);
    assert.deepEqual(await content.readDocument(image.manifest.digest), rawManifest);
    assert.deepEqual(await images.rawConfig(image.id), rawConfig);
  });

  it("gives equal ids to equal configs whatever the order of their fields", () => {
    const { os, architecture, rootfs } = imageConfig("a");
    assert.deepEqual(
      encodeConfig({ os, architecture, rootfs }),
      encodeConfig({ rootfs: { diff_ids: [], type: "layers" }, architecture, os }),
    );
  });

  it("refuses an image whose layer is missing", async () => {
    await using opened = await TestStore.open();
    await assert.rejects(
      opened.store.images.publish({ config: imageConfig("a", [missingDigest]) }),
      (error) => isCode(error, "LAYER_UNKNOWN"),
    );
    assert.deepEqual(opened.store.images.list(), []);
  });

  it("finds an image by every name Docker accepts", async () => {
    await using opened = await TestStore.open();
    const { images } = opened.store;
    const image = await publish(opened.store, "a", "debian:bookworm", "user/app", "localhost:5000/app");
    images.addDigest(image.id, `debian@${image.manifest.digest}`);
    const hex = image.id.slice("sha256:".length);
    const names = [
      "debian:bookworm",
      "docker.io/library/debian:bookworm",
      "index.docker.io/debian:bookworm",
      "user/app",
      "user/app:latest",
      "localhost:5000/app",
      image.id,
      hex,
      hex.slice(0, 12),
      hex.slice(0, 1),
      `sha256:${hex.slice(0, 4)}`,
      `debian@${image.manifest.digest}`,
      `debian:any@${image.manifest.digest}`,
    ];
    for (const name of names) assert.equal(images.find(name)?.id, image.id, name);
    for (const name of ["debian", "user/app:2", "app", missingDigest, "sha256:", `user/app@${missingDigest}`])
      assert.equal(name === "sha256:" ? undefined : images.find(name), undefined, name);
    assert.deepEqual(images.get(image.id).digests, [`debian@${image.manifest.digest}`]);
  });

  it("names what it did not find as Docker does", async () => {
    await using opened = await TestStore.open();
    const { images } = opened.store;
    assert.throws(() => images.get("nosuch"), { message: "No such image: nosuch:latest" });
    assert.throws(() => images.get(missingDigest), { message: `No such image: ${missingDigest}` });
    assert.throws(() => images.get("Foo"), /repository name \(library\/Foo\) must be lowercase/);
  });

  it("prefers a name to an id prefix, and refuses a prefix of several ids", async () => {
    await using opened = await TestStore.open();
    const { images } = opened.store;
    const made = new Map<string, Digest>();
    let twice: string | undefined;
    for (let i = 0; twice === undefined; i += 1) {
      const { id } = await publish(opened.store, `${i}`);
      const first = id.slice(7, 8);
      if (made.has(first)) twice = first;
      made.set(first, id);
    }
    assert.throws(
      () => images.find(twice),
      (error) => isCode(error, "IMAGE_AMBIGUOUS"),
    );
    const other = await publish(opened.store, "other", twice);
    assert.equal(images.find(twice)?.id, other.id);
  });

  it("moves a tag from image to image and takes it away", async () => {
    await using opened = await TestStore.open();
    const { images } = opened.store;
    const a = await publish(opened.store, "a", "app:1");
    const b = await publish(opened.store, "b", "app:1", "app:2");
    assert.deepEqual(images.get(a.id).tags, []);
    images.tag(a.id, "docker.io/library/app:2");
    assert.deepEqual(images.get(a.id).tags, ["app:2"]);
    assert.deepEqual(images.get(b.id).tags, ["app:1"]);
    assert.equal(images.untag("app:1"), true);
    assert.equal(images.untag("app:1"), false);
    assert.deepEqual(
      new Map(images.list().map(({ id, tags }) => [id, tags])),
      new Map([
        [a.id, ["app:2"]],
        [b.id, []],
      ]),
    );
    images.remove(a.id);
    assert.equal(images.find("app:2"), undefined);
    assert.throws(() => images.tag(a.id, "x"), /No such image/);
    assert.throws(() => images.tag(b.id, `x@${missingDigest}`), {
      message: "refusing to create a tag with a digest reference",
    });
  });

  it("keeps index.json a list of what is tagged, for other tools", async () => {
    await using opened = await TestStore.open();
    const { images, paths } = opened.store;
    const a = await publish(opened.store, "a", "app:1", "localhost:5000/app");
    const b = await publish(opened.store, "b");
    const entries = (): unknown => {
      const index = JSON.parse(readFileSync(paths.index, "utf8")) as {
        manifests: readonly { digest: string; annotations?: Record<string, string> }[];
      };
      return index.manifests.map(({ digest, annotations }) => [
        digest,
        annotations?.["org.opencontainers.image.ref.name"],
      ]);
    };
    assert.deepEqual(entries(), [
      [b.manifest.digest, undefined],
      [a.manifest.digest, "app:1"],
      [a.manifest.digest, "localhost:5000/app:latest"],
    ]);
    images.untag("app:1");
    images.remove(b.id);
    assert.deepEqual(entries(), [[a.manifest.digest, "localhost:5000/app:latest"]]);
    assert.equal(readFileSync(paths.ociLayout, "utf8"), '{"imageLayoutVersion":"1.0.0"}');
    assert.equal(statSync(paths.index).isFile(), true);
  });
});
