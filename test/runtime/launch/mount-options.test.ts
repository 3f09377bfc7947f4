import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { ATTR, MS } from "../../../runtime/launch/flags.ts";
import { type MountOptions, parseMountOptions } from "../../../runtime/launch/mount-options.ts";

const NOTHING: MountOptions = {
  set: 0,
  clear: 0,
  attributesRecursive: false,
  propagation: 0,
  propagationRecursive: false,
  bind: false,
  data: [],
};

const cases: readonly (readonly [words: string, expected: Partial<MountOptions>])[] = [
  ["", {}],
  ["defaults", {}],
  ["ro nosuid", { set: ATTR.readonly | ATTR.nosuid }],
  ["ro rw", { clear: ATTR.readonly }],
  ["rw ro", { set: ATTR.readonly }],
  ["noexec exec", { clear: ATTR.noexec }],
  ["noatime", { set: ATTR.noatime, clear: ATTR.accessTimes }],
  ["relatime", { clear: ATTR.accessTimes }],
  ["noatime strictatime", { set: ATTR.strictatime, clear: ATTR.accessTimes }],
  ["rbind rro", { bind: "recursive", set: ATTR.readonly, attributesRecursive: true }],
  ["bind ro", { bind: "plain", set: ATTR.readonly }],
  ["rslave", { propagation: MS.slave, propagationRecursive: true }],
  ["shared", { propagation: MS.shared }],
  ["size=64m mode=1777 huge=never", { data: ["size=64m", "mode=1777", "huge=never"] }],
  ["newinstance", { data: ["newinstance"] }],
  ["constructor", { data: ["constructor"] }],
];

describe("parseMountOptions()", () => {
  for (const [words, expected] of cases) {
    it(`reads ${JSON.stringify(words)}`, () =>
      assert.deepEqual(parseMountOptions(words.split(" ")), { ...NOTHING, ...expected }));
  }
});
