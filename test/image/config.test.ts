import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import { isCode } from "../../core/errors.ts";
import { encodeConfig, parseConfig } from "../../image/config.ts";

const diffId = digestOf("layer");
const config = {
  created: "2024-01-01T00:00:00Z",
  architecture: "amd64",
  os: "linux",
  config: { Env: ["A=1"], Labels: { b: "2", a: "1" } },
  rootfs: { type: "layers" as const, diff_ids: [diffId] },
  history: [{ created_by: "x" }],
};
const raw = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe("image configurations", () => {
  it("are read with the fields of other tools kept", () => {
    assert.deepEqual(parseConfig(raw({ ...config, container: "abc" })), { ...config, container: "abc" });
  });

  it("are read as Go writes what is empty", () => {
    const empty = { ...config, config: null, history: null, rootfs: { type: "layers", diff_ids: null } };
    const { config: _, history: __, ...rest } = config;
    assert.deepEqual(parseConfig(raw(empty)), { ...rest, rootfs: { type: "layers", diff_ids: [] } });
  });

  it("are written with sorted fields, and read back as they were", () => {
    const written = encodeConfig(config);
    assert.equal(written.toString().indexOf('"architecture"'), 1);
    assert.match(written.toString(), /"Labels":\{"a":"1","b":"2"\}/);
    assert.deepEqual(parseConfig(written), config);
  });

  const refused: readonly (readonly [title: string, value: unknown, why: RegExp])[] = [
    ["a text", "x", /expected an object/],
    ["no rootfs", { ...config, rootfs: undefined }, /rootfs\.type/],
    ["a rootfs of another type", { ...config, rootfs: { type: "tree", diff_ids: [] } }, /rootfs\.type/],
    [
      "a wrong diff id",
      { ...config, rootfs: { type: "layers", diff_ids: ["abc"] } },
      /"abc" is no sha256 digest/,
    ],
    ["no os", { ...config, os: undefined }, /os and architecture/],
    ["a history of texts", { ...config, history: ["x"] }, /history: expected/],
    ["a config that is a list", { ...config, config: [] }, /config: expected an object/],
  ];
  for (const [title, value, why] of refused) {
    it(`are refused with ${title}`, () => {
      assert.throws(
        () => parseConfig(raw(value)),
        (error: Error) => isCode(error, "MANIFEST_INVALID") && why.test(error.message),
      );
    });
  }
});
