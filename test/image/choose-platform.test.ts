import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { digestOf } from "../../core/digest.ts";
import { formatPlatform, parsePlatform } from "../../core/platform.ts";
import { choosePlatform } from "../../image/choose-platform.ts";

const entry = (platform: string) => ({
  mediaType: "x",
  digest: digestOf(platform),
  size: 1,
  ...(platform === "" ? {} : { platform: split(platform) }),
});
function split(text: string) {
  const [os = "", architecture = "", variant] = text.split("/");
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

describe("choosing the image of an index", () => {
  const cases: readonly (readonly [
    wanted: string,
    offered: readonly string[],
    chosen: string | undefined,
  ])[] = [
    ["linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"],
    ["linux/amd64", ["windows/amd64"], undefined],
    ["linux/amd64", ["", "unknown/unknown"], undefined],
    ["linux/amd64", ["linux/amd64", "linux/amd64/v3"], "linux/amd64"],
    ["linux/amd64/v3", ["linux/amd64", "linux/amd64/v3"], "linux/amd64/v3"],
    ["linux/amd64/v3", ["linux/amd64"], "linux/amd64"],
    ["linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"],
    ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"],
    ["linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], "linux/arm/v5"],
    ["linux/arm/v7", ["linux/arm"], "linux/arm"],
  ];
  for (const [wanted, offered, chosen] of cases) {
    it(`takes ${chosen ?? "none"} for ${wanted} from ${offered.join(", ")}`, () => {
      const found = choosePlatform(offered.map(entry), parsePlatform(wanted));
      assert.equal(found?.platform && formatPlatform(found.platform), chosen);
    });
  }
});
