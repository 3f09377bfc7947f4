import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { type Digest, digestOf, hexOf } from "../../core/digest.ts";
import type { ErrorCode } from "../../core/error-codes.ts";
import { isCode } from "../../core/errors.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { loadImages } from "../../store/archives/load-images.ts";
import { saveImages } from "../../store/archives/save-images.ts";
import type { Store } from "../../store/types.ts";
import { requiresCommand } from "../support/requires.ts";
import { Scratch } from "../support/scratch.ts";
import { chunks, imageConfig, TestStore } from "./support.ts";

/** A layer tar with one file. */
function layerTar(name: string, text: string): Buffer {
  using scratch = new Scratch();
  writeFileSync(scratch.join(name), text);
  return execFileSync("tar", ["--mtime=@0", "--owner=0", "--group=0", "-C", scratch.path, "-c", name], {
    maxBuffer: 1 << 30,
  });
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** The tar of a folder's content. */
const tarOf = (folder: string): Buffer =>
  execFileSync("tar", ["-C", folder, "-c", "."], { maxBuffer: 1 << 30 });

async function publish(store: Store, name: string, texts: readonly string[], tags: readonly string[]) {
  const diffIds: Digest[] = [];
  for (const text of texts) diffIds.push((await store.layers.adopt(chunks(layerTar("file", text)))).diffId);
  return store.images.publish({ config: imageConfig(name, diffIds) }, tags);
}

const names = (archive: Buffer): readonly string[] =>
  execFileSync("tar", ["-t"], { input: archive }).toString().trim().split("\n");

const failsWith =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isCode(error, code);

describe("saving images", () => {
  it("writes a docker-archive that is an OCI layout, shared layers once", async () => {
    await using opened = await TestStore.open();
    const { store } = opened;
    const a = await publish(store, "a", ["shared", "a"], ["a:1", "localhost:5000/x/a:2"]);
    const b = await publish(store, "b", ["shared", "b"], ["b"]);
    const archive = await collect(saveImages(store, ["a:1", "localhost:5000/x/a:2", "b", b.id]));
    assert.deepEqual(names(archive), [
      "blobs/",
      "blobs/sha256/",
      ...[...new Set([...a.layers, ...b.layers, a.id, b.id, a.manifest.digest, b.manifest.digest])]
        .map((digest) => `blobs/sha256/${hexOf(digest)}`)
        .sort(),
      "index.json",
      "manifest.json",
      "oci-layout",
      "repositories",
    ]);
    assert.deepEqual(archive, await collect(saveImages(store, ["a:1", "localhost:5000/x/a:2", "b"])));
    const read = (name: string): unknown =>
      JSON.parse(execFileSync("tar", ["-xO", name], { input: archive }).toString());
    const [first] = read("manifest.json") as readonly Record<string, unknown>[];
    assert.deepEqual(first?.["RepoTags"], ["a:1", "localhost:5000/x/a:2"]);
    assert.deepEqual(read("repositories"), {
      a: { "1": hexOf(a.layers[1] ?? a.id) },
      "localhost:5000/x/a": { "2": hexOf(a.layers[1] ?? a.id) },
      b: { latest: hexOf(b.layers[1] ?? b.id) },
    });
    const { manifests } = read("index.json") as { manifests: readonly { annotations: object }[] };
    assert.deepEqual(manifests[0]?.annotations, {
      "io.containerd.image.name": "docker.io/library/a:1",
      "org.opencontainers.image.ref.name": "1",
    });
  });

  it("takes a bare name for all tags of the repository, and an id for none", async () => {
    await using opened = await TestStore.open();
    const { store } = opened;
    const a = await publish(store, "a", [], ["app:1", "app:2", "other"]);
    const tags = async (name: string): Promise<unknown> => {
      const archive = await collect(saveImages(store, [name]));
      const manifest = execFileSync("tar", ["-xO", "manifest.json"], { input: archive }).toString();
      return (JSON.parse(manifest) as readonly { RepoTags: unknown }[])[0]?.RepoTags;
    };
    assert.deepEqual(await tags("app"), ["app:1", "app:2"]);
    assert.deepEqual(await tags("app:2"), ["app:2"]);
    assert.deepEqual(await tags(a.id), null);
    await assert.rejects(tags("nosuch"), failsWith("IMAGE_UNKNOWN"));
  });

  it("ends quietly when its reader leaves", async () => {
    await using opened = await TestStore.open();
    await publish(opened.store, "a", ["x".repeat(5_000_000)], ["a"]);
    for await (const _ of saveImages(opened.store, ["a"])) break;
    assert.deepEqual((await opened.store.check()).problems, []);
  });
});

describe("loading images", () => {
  it("takes back what was saved, with the same ids and tags", async () => {
    await using source = await TestStore.open();
    await using target = await TestStore.open();
    const a = await publish(source.store, "a", ["shared", "a"], ["a:1", "localhost:5000/x/a:2"]);
    const b = await publish(source.store, "b", ["shared"], ["b"]);
    const archive = await collect(saveImages(source.store, ["a", "localhost:5000/x/a:2", b.id]));
    const loaded = await loadImages(target.store, chunks(archive));
    assert.deepEqual(loaded, [
      { id: a.id, reference: "a:1" },
      { id: a.id, reference: "localhost:5000/x/a:2" },
      { id: b.id },
    ]);
    assert.deepEqual(target.store.images.get("a:1"), a);
    assert.deepEqual((await target.store.check()).problems, []);
    // The archive's own four documents.
    assert.equal((await target.store.collect()).blobs, 4);
  });

  for (const [format, args] of [
    ["gzip", ["-c"]],
    ["zstd", ["-c"]],
    ["xz", ["-c"]],
    ["bzip2", ["-c"]],
  ] as const) {
    it(`reads an archive compressed by ${format}`, async function () {
      const command = requiresCommand(this, format);
      await using opened = await TestStore.open();
      const { store } = opened;
      const image = await publish(store, "a", ["a"], ["a"]);
      const archive = await collect(saveImages(store, ["a"]));
      store.images.remove(image.id);
      await store.collect();
      const packed = execFileSync(command, args, { input: archive, maxBuffer: 1 << 30 });
      assert.deepEqual(await loadImages(store, chunks(packed)), [{ id: image.id, reference: "a:latest" }]);
    });
  }

  it("reads the layout of old Docker, with linked and compressed layers", async () => {
    await using opened = await TestStore.open();
    using scratch = new Scratch();
    const [one, two] = [layerTar("one", "1"), layerTar("two", "2")];
    const diffIds = [digestOf(one), digestOf(two), digestOf(one)];
    const config = Buffer.from(JSON.stringify(imageConfig("old", diffIds)));
    for (const id of ["1", "2", "3"]) mkdirSync(scratch.join(id.repeat(64)));
    writeFileSync(scratch.join("1".repeat(64), "layer.tar"), one);
    writeFileSync(scratch.join("2".repeat(64), "layer.tar"), gzipSync(two));
    symlinkSync(`../${"1".repeat(64)}/layer.tar`, scratch.join("3".repeat(64), "layer.tar"));
    writeFileSync(scratch.join("1".repeat(64), "VERSION"), "1.0");
    writeFileSync(scratch.join("config.json"), config);
    const manifest = [
      {
        Config: "config.json",
        RepoTags: ["old:1"],
        Layers: ["1", "2", "3"].map((id) => `${id.repeat(64)}/layer.tar`),
      },
    ];
    writeFileSync(scratch.join("manifest.json"), JSON.stringify(manifest));
    const loaded = await loadImages(opened.store, chunks(tarOf(scratch.path)));
    assert.deepEqual(loaded, [{ id: digestOf(config), reference: "old:1" }]);
    assert.deepEqual(opened.store.images.get("old:1").layers, diffIds);
  });

  it("keeps the manifest and the compressed layers of an OCI layout byte for byte", async () => {
    await using opened = await TestStore.open();
    const { store } = opened;
    using scratch = new Scratch();
    const layout = writeLayout(scratch, { name: "docker.io/library/app:3" });
    const [loaded] = await loadImages(store, chunks(tarOf(scratch.path)));
    assert.deepEqual(loaded, { id: layout.id, reference: "app:3" });
    const image = store.images.get("app:3");
    assert.equal(image.manifest.digest, layout.manifest);
    const [diffId = layout.id] = image.layers;
    assert.deepEqual(
      store.layers.blobs(diffId).map(({ digest, mediaType }) => [digest, mediaType]),
      [[layout.layer, MEDIA_TYPES.layerGzip]],
    );
    assert.equal(store.layers.layerOf(layout.layer), diffId);
    assert.equal((await store.collect()).blobs, 2);
    assert.notEqual(store.content.stat(layout.layer), undefined);
  });

  it("takes the image of this machine from an index", async () => {
    await using opened = await TestStore.open();
    using scratch = new Scratch();
    const { id } = writeLayout(scratch, { name: "app:3", nested: true });
    assert.deepEqual(await loadImages(opened.store, chunks(tarOf(scratch.path))), [
      { id, reference: "app:3" },
    ]);
    await assert.rejects(
      loadImages(opened.store, chunks(tarOf(scratch.path)), {
        platform: { os: "linux", architecture: "s390x" },
      }),
      failsWith("ARCHIVE_INVALID"),
    );
  });

  it("gives no name to an image whose layout only says a tag", async () => {
    await using opened = await TestStore.open();
    using scratch = new Scratch();
    const { id } = writeLayout(scratch, { name: "latest" });
    assert.deepEqual(await loadImages(opened.store, chunks(tarOf(scratch.path))), [{ id }]);
  });

  describe("refuses", () => {
    const cases: readonly (readonly [title: string, code: ErrorCode, make: (scratch: Scratch) => Buffer])[] =
      [
        ["no archive", "ARCHIVE_INVALID", () => Buffer.from("hello, this is no tar")],
        ["nothing", "ARCHIVE_INVALID", () => Buffer.alloc(0)],
        ["an archive without an image", "ARCHIVE_INVALID", () => layerTar("a", "b")],
        [
          "an archive cut short",
          "ARCHIVE_INVALID",
          (scratch) => {
            writeLayout(scratch, { name: "a:1" });
            return tarOf(scratch.path).subarray(0, 3000);
          },
        ],
        [
          "a name that leaves the archive",
          "ARCHIVE_INVALID",
          (scratch) => {
            writeFileSync(scratch.join("x"), "x");
            return execFileSync("tar", ["-C", scratch.path, "--transform=s,x,../../x,", "-P", "-c", "x"]);
          },
        ],
        [
          "a blob that is not what its name says",
          "DIGEST_MISMATCH",
          (scratch) => {
            const { layer } = writeLayout(scratch, { name: "a:1" });
            writeFileSync(scratch.join("blobs/sha256", hexOf(layer)), "other");
            return tarOf(scratch.path);
          },
        ],
        [
          "a layer that is not what the configuration says",
          "DIGEST_MISMATCH",
          (scratch) => {
            writeLayout(scratch, { name: "a:1", diffId: digestOf("another") });
            return tarOf(scratch.path);
          },
        ],
        [
          "a missing blob",
          "ARCHIVE_INVALID",
          (scratch) => {
            const { layer } = writeLayout(scratch, { name: "a:1" });
            execFileSync("rm", [scratch.join("blobs/sha256", hexOf(layer))]);
            return tarOf(scratch.path);
          },
        ],
        [
          "a name no image can have",
          "REFERENCE_INVALID",
          (scratch) => {
            writeLayout(scratch, { name: "Upper:1" });
            return tarOf(scratch.path);
          },
        ],
      ];
    for (const [title, code, make] of cases) {
      it(title, async () => {
        await using opened = await TestStore.open();
        using scratch = new Scratch();
        await assert.rejects(loadImages(opened.store, chunks(make(scratch))), failsWith(code));
        assert.deepEqual(opened.store.images.list(), []);
        assert.deepEqual((await opened.store.check()).problems, []);
      });
    }
  });
});

interface LayoutOptions {
  readonly name: string;
  /** Whether the index names the image through a second index. */
  readonly nested?: boolean;
  readonly diffId?: Digest;
}

/** An OCI image layout as skopeo and buildah write it: one image, one compressed layer. */
function writeLayout(
  scratch: Scratch,
  { name, nested = false, diffId }: LayoutOptions,
): { readonly id: Digest; readonly manifest: Digest; readonly layer: Digest } {
  const blobs = scratch.join("blobs/sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (mediaType: string, content: Buffer) => {
    const digest = digestOf(content);
    writeFileSync(join(blobs, hexOf(digest)), content);
    return { mediaType, digest, size: content.byteLength };
  };
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value, null, 2));
  const tar = layerTar("f", "content");
  const layer = put(MEDIA_TYPES.layerGzip, gzipSync(tar));
  const config = put(MEDIA_TYPES.config, json(imageConfig("oci", [diffId ?? digestOf(tar)])));
  const manifest = put(
    MEDIA_TYPES.manifest,
    json({ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] }),
  );
  const platform = { os: "linux", architecture: process.arch === "arm64" ? "arm64" : "amd64" };
  const other = { ...manifest, digest: digestOf("none"), platform: { os: "windows", architecture: "amd64" } };
  const top = nested
    ? put(
        MEDIA_TYPES.index,
        json({
          schemaVersion: 2,
          mediaType: MEDIA_TYPES.index,
          manifests: [other, { ...manifest, platform }],
        }),
      )
    : manifest;
  const annotations = { "org.opencontainers.image.ref.name": name };
  writeFileSync(scratch.join("index.json"), json({ schemaVersion: 2, manifests: [{ ...top, annotations }] }));
  writeFileSync(scratch.join("oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  return { id: config.digest, manifest: manifest.digest, layer: layer.digest };
}
