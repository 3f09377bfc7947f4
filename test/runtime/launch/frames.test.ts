import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { encodeFrame, type Frame, FrameReader } from "../../../runtime/launch/frames.ts";
import { decodeFromLauncher, encodeToLauncher, type FromLauncher } from "../../../runtime/launch/protocol.ts";

const frames: readonly Frame[] = [
  { type: 1, payload: Buffer.from("one") },
  { type: 200, payload: Buffer.alloc(0) },
  { type: 3, payload: Buffer.alloc(1000, "x") },
];
const bytes = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));

describe("FrameReader", () => {
  for (const size of [1, 2, 5, 7, 999, bytes.byteLength]) {
    it(`puts frames together from pieces of ${size} bytes`, () => {
      const reader = new FrameReader(1000);
      const got: Frame[] = [];
      for (let at = 0; at < bytes.byteLength; at += size)
        got.push(...reader.push(bytes.subarray(at, at + size)));
      assert.deepEqual(got, frames);
    });
  }

  it("refuses a frame beyond its limit at its head", () => {
    assert.throws(() => new FrameReader(999).push(bytes), /a frame of 1000 bytes, expected at most 999/);
  });
});

const messages: readonly (readonly [hex: string, expected: FromLauncher])[] = [
  ["40 39300000", { type: "need-id-map", pid: 12345 }],
  ["41 00 2f65746362", { type: "created", parent: false, path: "/etcb" }],
  ["41 01 2f657463", { type: "created", parent: true, path: "/etc" }],
  ["42 07000000 01000000", { type: "warning", index: 7, errno: 1 }],
  ["43 39300000 3a300000", { type: "ready", pid: 12345, launcher: 12346 }],
  ["44 ffffffff 0c000000 03", { type: "failed", index: 0xffff_ffff, errno: 12, stage: "namespaces" }],
  ["44 02000000 02000000 12", { type: "failed", index: 2, errno: 2, stage: "execve" }],
  ["45", { type: "started" }],
  ["46 00 03000000 00", { type: "exited", status: { code: 3 }, oom: false }],
  ["46 01 09000000 01", { type: "exited", status: { signal: 9 }, oom: true }],
  ["47 39300000 3a300000", { type: "cloned", pid: 12345, launcher: 12346 }],
];

describe("the launch protocol", () => {
  for (const [hex, expected] of messages) {
    it(`reads ${expected.type} from ${hex}`, () => {
      const [type = 0, ...payload] = Buffer.from(hex.replaceAll(" ", ""), "hex");
      assert.deepEqual(decodeFromLauncher({ type, payload: Buffer.from(payload) }), expected);
    });
  }

  it("refuses what a launcher never says", () => {
    assert.throws(
      () => decodeFromLauncher({ type: 1, payload: Buffer.alloc(0) }),
      /unknown launcher message 1/,
    );
    assert.throws(() => decodeFromLauncher({ type: 67, payload: Buffer.alloc(2) }), RangeError);
  });

  it("writes what it says to a launcher", () => {
    assert.equal(encodeToLauncher({ type: "go" }).toString("hex"), "0200000000");
    assert.equal(encodeToLauncher({ type: "signal", signal: 15 }).toString("hex"), "04040000000f000000");
  });
});
