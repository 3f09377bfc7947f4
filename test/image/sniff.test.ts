import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { describe, it } from "mocha";
import { looksCompressed, looksLikeTar } from "../../image/sniff.ts";

describe("knowing files by their first bytes", () => {
  it("tells compressed from plain", () => {
    assert.equal(looksCompressed(gzipSync("x")), true);
    assert.equal(looksCompressed(Buffer.from("BZh91AY")), true);
    assert.equal(looksCompressed(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])), true);
    assert.equal(looksCompressed(Buffer.from("\u00fd7zXZ\0", "latin1")), true);
    for (const plain of ["", "x", "hello", "\u001f"])
      assert.equal(looksCompressed(Buffer.from(plain)), false);
  });

  for (const format of ["ustar", "gnu", "pax", "v7"]) {
    it(`knows a ${format} archive`, () => {
      const tar = execFileSync("tar", [`--format=${format}`, "-C", "/", "-c", "--no-recursion", "usr"]);
      assert.equal(looksLikeTar(tar), true);
      assert.equal(looksLikeTar(tar.subarray(0, 511)), false);
      const damaged = Buffer.from(tar);
      damaged[0] = (damaged[0] ?? 0) + 1;
      assert.equal(looksLikeTar(damaged), false);
    });
  }

  it("takes neither text nor an empty archive for one", () => {
    assert.equal(looksLikeTar(Buffer.alloc(10_240)), false);
    assert.equal(looksLikeTar(Buffer.alloc(512, "hello ")), false);
  });
});
