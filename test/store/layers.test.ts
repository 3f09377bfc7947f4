import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import type { ErrorCode } from "../../core/error-codes.ts";
import { isCode } from "../../core/errors.ts";
import { MEDIA_TYPES } from "../../image/media-types.ts";
import { Scratch } from "../support/scratch.ts";
import { chunks, missingDigest, TestStore } from "./support.ts";

function tarWith(text: string, mtime = 0): Buffer {
  using scratch = new Scratch();
  writeFileSync(scratch.join("file"), text);
  utimesSync(scratch.join("file"), mtime, mtime);
  return execFileSync("tar", ["-C", scratch.path, "-c", "file"], { maxBuffer: 1 << 30 });
}
const failsWith =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    isCode(error, code);

describe("layer store", () => {
  const tar = tarWith("hello");
  const zipped = gzipSync(tar);
  const blob = { mediaType: MEDIA_TYPES.dockerLayerGzip, digest: digestOf(zipped), size: zipped.byteLength };

  it("adopts a plain tar under its digest", async () => {
    await using opened = await TestStore.open();
    const { layers, content } = opened.store;
    const layer = await layers.adopt(chunks(tar.subarray(0, 100), tar.subarray(100)));
    assert.equal(layer.diffId, digestOf(tar));
    assert.deepEqual(layer.blob, {
      mediaType: MEDIA_TYPES.layer,
      digest: layer.diffId,
      size: tar.byteLength,
    });
    assert.deepEqual(await content.readDocument(layer.diffId), tar);
  });

  it("inflates a compressed one, and keeps the bytes only when a manifest names them", async () => {
    await using opened = await TestStore.open();
    const { layers, content } = opened.store;
    const loose = await layers.adopt(chunks(zipped));
    assert.equal(loose.diffId, digestOf(tar));
    assert.deepEqual([...content.list()].length, 1);
    const named = await layers.adopt(chunks(zipped), { blob, diffId: digestOf(tar) });
    assert.deepEqual(named.blob, blob);
    assert.deepEqual(layers.blobs(loose.diffId), [blob]);
    assert.equal(layers.layerOf(blob.digest), loose.diffId);
  });

  it("makes a layer of a compressed blob of the store", async () => {
    await using opened = await TestStore.open();
    const { layers, content } = opened.store;
    const { digest } = await content.put(zipped);
    const layer = await layers.inflateBlob(digest, { diffId: digestOf(tar), mediaType: blob.mediaType });
    assert.equal(layer.diffId, digestOf(tar));
    assert.deepEqual(layers.blobs(layer.diffId), [blob]);
    assert.deepEqual(await layers.inflateBlob(digest, { diffId: layer.diffId }), layer);
    await assert.rejects(layers.inflateBlob(digest, { diffId: missingDigest }), failsWith("DIGEST_MISMATCH"));
    await assert.rejects(layers.inflateBlob(missingDigest), failsWith("BLOB_UNKNOWN"));
  });

  const refused: readonly (readonly [title: string, code: ErrorCode, bytes: Buffer, want: object])[] = [
    ["of another diff id", "DIGEST_MISMATCH", tar, { diffId: missingDigest }],
    ["of another diff id, compressed", "DIGEST_MISMATCH", zipped, { diffId: missingDigest }],
    ["of another digest", "DIGEST_MISMATCH", zipped, { blob: { ...blob, digest: missingDigest } }],
    ["longer than announced", "SIZE_MISMATCH", zipped, { blob: { ...blob, size: 10 } }],
    ["shorter than announced", "SIZE_MISMATCH", zipped, { blob: { ...blob, size: blob.size + 1 } }],
    ["cut short", "ARCHIVE_INVALID", zipped.subarray(0, 60), {}],
  ];
  for (const [title, code, bytes, want] of refused) {
    it(`refuses a layer ${title}, and keeps nothing`, async () => {
      await using opened = await TestStore.open();
      const { layers, content, paths } = opened.store;
      await assert.rejects(layers.adopt(chunks(bytes), want), failsWith(code));
      assert.deepEqual([...content.list()], []);
      assert.deepEqual(readdirSync(paths.ingest), []);
    });
  }

  it("stops adopting when the signal fires", async () => {
    await using opened = await TestStore.open();
    const abort = new AbortController();
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.alloc(1000);
        abort.abort();
      }
    }
    await assert.rejects(opened.store.layers.adopt(endless(), { signal: abort.signal }), {
      name: "AbortError",
    });
    assert.deepEqual(readdirSync(opened.store.paths.ingest), []);
  });

  it("knows layers that differ in times only", async () => {
    await using opened = await TestStore.open();
    const { layers } = opened.store;
    const adopt = async (bytes: Buffer) => (await layers.adopt(chunks(bytes))).diffId;
    const [a, later, other] = [
      await adopt(tar),
      await adopt(tarWith("hello", 99)),
      await adopt(tarWith("HELLO")),
    ];
    assert.equal(await layers.same(a, a), true);
    assert.equal(await layers.same(a, later), true);
    assert.equal(await layers.same(a, other), false);
  });

  describe("unpacks archives as ADD does", () => {
    const unpack = async (content: Buffer, check: (target: string | undefined) => void): Promise<void> => {
      await using opened = await TestStore.open();
      const { layers, leases, paths } = opened.store;
      const path = join(opened.root, "added");
      writeFileSync(path, content);
      const file = openSync(path, "r");
      {
        await using lease = leases.open("ADD");
        check(await layers.unpackArchive(file, lease));
      }
      closeSync(file);
      assert.deepEqual(readdirSync(paths.ingest), []);
    };
    for (const [title, bytes] of [
      ["plain", tar],
      ["compressed", zipped],
    ] as const) {
      it(`takes a ${title} tar apart`, () =>
        unpack(bytes, (target = "") => assert.equal(readFileSync(join(target, "file"), "utf8"), "hello")));
    }

    it("gives names that are whiteouts in layers no meaning", async () => {
      using scratch = new Scratch();
      mkdirSync(scratch.join("d"));
      writeFileSync(scratch.join("d/.wh.x"), "");
      const bytes = execFileSync("tar", ["-C", scratch.path, "-c", "d"]);
      await unpack(bytes, (target = "") => assert.equal(existsSync(join(target, "d/.wh.x")), true));
    });

    for (const [title, bytes] of [
      ["text", Buffer.from("hello")],
      ["nothing", Buffer.alloc(0)],
      ["a compressed text", gzipSync("hello")],
      ["a damaged compressed text", gzipSync("hello ".repeat(1000)).subarray(0, 30)],
      ["a compression ADD does not know", brotliCompressSync(tar)],
    ] as const) {
      it(`leaves ${title} alone`, () => unpack(bytes, (target) => assert.equal(target, undefined)));
    }

    it("refuses an archive that is damaged", async () => {
      const long = gzipSync(tarWith("x".repeat(5_000_000)), { level: 0 });
      await assert.rejects(
        unpack(long.subarray(0, 3_000_000), () => assert.fail()),
        failsWith("ARCHIVE_INVALID"),
      );
    });
  });
});
