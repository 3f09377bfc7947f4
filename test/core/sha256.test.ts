import assert from "node:assert/strict";
import { createHash, createHmac, randomBytes } from "node:crypto";
import { hmacSha256 } from "../../core/hmac.ts";
import { randomBelow, randomBytes as unpredictable } from "../../core/random.ts";
import { sha256 } from "../../core/sha256.ts";
import { loadKernel } from "../../native/binding.ts";

describe("hashes and chance without Node's cryptography", () => {
  const contents = ["", "slipway", "Überfahrt \u{1f6a2} \ud800", randomBytes(55), randomBytes(1 << 20)];
  for (const content of contents) {
    const bytes = Buffer.from(content as string);
    it(`hash ${bytes.length} bytes as Node does`, () => {
      const expected = createHash("sha256").update(content).digest("hex");
      assert.equal(sha256(content).toString("hex"), expected);
      assert.equal(loadKernel().sha256(bytes).toString("hex"), expected);
    });
  }

  it("hash the part of a buffer that is given", () => {
    const part = Buffer.from("a slipway").subarray(2);
    assert.equal(loadKernel().sha256(part).toString("hex"), sha256("slipway").toString("hex"));
  });

  for (const key of [0, 32, 64, 65].map((length) => randomBytes(length)))
    it(`sign with a key of ${key.length} bytes as Node does`, () => {
      const expected = createHmac("sha256", key).update("slipway").digest("hex");
      assert.equal(hmacSha256(key, "slipway").toString("hex"), expected);
    });

  it("give as many bytes as are asked for, others each time", () => {
    assert.equal(unpredictable(32).length, 32);
    assert.notDeepEqual(unpredictable(32), unpredictable(32));
  });

  it("give every number below a limit", () => {
    const numbers = new Set(Array.from({ length: 500 }, () => randomBelow(3)));
    assert.deepEqual(numbers, new Set([0, 1, 2]));
  });
});
