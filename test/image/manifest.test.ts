import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { encodeManifest, parseManifest } from "../../image/manifest.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";

const config = { mediaType: MEDIA_TYPES.config, digest: digestOf("config"), size: 6 };
const layer = { mediaType: MEDIA_TYPES.layerGzip, digest: digestOf("layer"), size: 5 };
const image = { schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, config, layers: [layer] };
const entry = {
  mediaType: MEDIA_TYPES.manifest,
  digest: digestOf("image"),
  size: 5,
  platform: { os: "linux", architecture: "arm", variant: "v7" },
};
const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [entry] };
const raw = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe("manifests", () => {
  it("are read with what they hold, the bytes kept", () => {
    const bytes = raw({ ...image, annotations: { a: "b" }, artifactType: "x/y", subject: config });
    assert.deepEqual(parseManifest(bytes), {
      kind: "image",
      raw: bytes,
      mediaType: MEDIA_TYPES.manifest,
      config,
      layers: [layer],
      annotations: { a: "b" },
      artifactType: "x/y",
      subject: config,
    });
    const list = parseManifest(raw(index));
    assert.deepEqual(list.kind === "index" && list.manifests, [entry]);
  });

  it("are known by their own word, the sender's, or their fields", () => {
    const { mediaType: _, ...untyped } = image;
    const { mediaType: __, ...untypedIndex } = index;
    assert.equal(parseManifest(raw(untyped)).mediaType, MEDIA_TYPES.manifest);
    assert.equal(parseManifest(raw(untypedIndex)).mediaType, MEDIA_TYPES.index);
    assert.equal(
      parseManifest(raw(untyped), MEDIA_TYPES.dockerManifest).mediaType,
      MEDIA_TYPES.dockerManifest,
    );
    const docker = { ...image, mediaType: MEDIA_TYPES.dockerManifest };
    assert.equal(parseManifest(raw(docker)).kind, "image");
    assert.equal(parseManifest(raw({ ...index, mediaType: MEDIA_TYPES.dockerIndex })).kind, "index");
  });

  it("may have Go's null for an empty list", () => {
    const found = parseManifest(raw({ ...image, layers: null, annotations: null, subject: null }));
    assert.deepEqual(found.kind === "image" && found.layers, []);
  });

  it("are written alike for the same image", () => {
    const written = encodeManifest({ config, layers: [layer] });
    assert.deepEqual(parseManifest(written).kind === "image" && JSON.parse(written.toString()), image);
  });

  const refused: readonly (readonly [title: string, bytes: Buffer, why: RegExp, sent?: string])[] = [
    ["no JSON", Buffer.from("{"), /not JSON in UTF-8/],
    ["bytes that are no UTF-8", Buffer.from([0x22, 0xff, 0x22]), /not JSON in UTF-8/],
    ["a list", raw([]), /manifest: expected an object/],
    ["schema 1", raw({ schemaVersion: 1, fsLayers: [] }), /schemaVersion 1, expected 2/],
    ["no schema version", raw({}), /schemaVersion undefined, expected 2/],
    ["an unknown type", raw({ ...image, mediaType: "a/b" }), /unknown media type "a\/b"/],
    ["another type than was sent", raw(image), /sent as .* but says it is/, MEDIA_TYPES.index],
    [
      "an image that is an index too",
      raw({ ...image, manifests: [] }),
      /image manifest with the field "manifests"/,
    ],
    ["an index that is an image too", raw({ ...index, config }), /index manifest with the field "config"/],
    ["no config", raw({ ...image, config: undefined }), /config: expected an object/],
    [
      "a short digest",
      raw({ ...image, config: { ...config, digest: "sha256:12" } }),
      /config\.digest: expected/,
    ],
    ["a negative size", raw({ ...image, layers: [{ ...layer, size: -1 }] }), /layers\[0\]\.size: expected/],
    ["a size beyond numbers", raw({ ...image, layers: [{ ...layer, size: 2 ** 60 }] }), /layers\[0\]\.size/],
    ["layers that are no list", raw({ ...image, layers: {} }), /layers: expected a list/],
    [
      "annotations that are no texts",
      raw({ ...image, annotations: { a: 1 } }),
      /annotations: expected texts/,
    ],
    ["too many layers", raw({ ...image, layers: Array.from({ length: 10_001 }, () => 1) }), /at most 10000/],
    ["too many bytes", Buffer.alloc((4 << 20) + 1, " "), /at most 4194304/],
  ];
  for (const [title, bytes, why, sent] of refused) {
    it(`are refused with ${title}`, () => {
      assert.throws(
        () => parseManifest(bytes, sent),
        (error: Error) => isCode(error, "MANIFEST_INVALID") && why.test(error.message),
      );
    });
  }
});
