import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { KEYWORDS } from "../../builder/dockerfile/arguments.ts";
import { bake } from "../../cli/commands/bake.ts";
import { build } from "../../cli/commands/build.ts";
import { REFUSALS } from "../../scripts/build-features/refusals.ts";
import { FEATURES, FEATURES_PAGE, renderFeatures } from "../../scripts/build-features.ts";

const ROWS = [...Object.values(FEATURES).flat(), ...REFUSALS];

/** https://docs.docker.com/reference/dockerfile/ */
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  FROM: ["platform"],
  RUN: ["mount", "network", "security", "device"],
  COPY: ["from", "chown", "chmod", "link", "parents", "exclude"],
  ADD: ["chown", "chmod", "link", "exclude", "checksum", "keep-git-dir", "unpack"],
  HEALTHCHECK: ["interval", "timeout", "start-period", "start-interval", "retries"],
};

describe("docs/build-features.md", () => {
  it("is what `npm run docs` makes of the table", async () => {
    assert.equal(await readFile(FEATURES_PAGE, "utf8"), renderFeatures());
  });

  it("names proofs that are there", async () => {
    const missing: string[] = [];
    for (const [name, file, title] of ROWS) {
      const source = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
      if (!source.includes(title)) missing.push(`${name}: ${title}`);
    }
    assert.deepEqual(missing, []);
  });

  const words = new Set(ROWS.flatMap(([name]) => name.split(/[\s,=]+/)));
  const missing = (wanted: readonly string[]): readonly string[] => wanted.filter((word) => !words.has(word));

  it("has every flag of build and bake", () => {
    const flags = Object.keys({ ...build.flags, ...bake.flags });
    const refused = [...(build.unsupported ?? []), ...(bake.unsupported ?? [])];
    const said = new Set(renderFeatures().match(/--[a-z-]+/g));
    assert.deepEqual(missing(flags.map((name) => `--${name}`)), []);
    assert.deepEqual(
      refused.filter((name) => name.length > 1 && !said.has(`--${name}`)),
      [],
    );
  });

  it("has every instruction", () => assert.deepEqual(missing(KEYWORDS), []));

  it("has every flag of an instruction", () => {
    const all = Object.entries(FLAGS).flatMap(([keyword, flags]) =>
      flags.map((flag) => `${keyword} --${flag}`),
    );
    const isProved = (text: string): boolean => {
      const [keyword = "", flag = ""] = text.split(" ");
      return ROWS.some(
        ([name]) => name.split(/[\s,=]+/).includes(flag) && name.split(/[\s,]+/).includes(keyword),
      );
    };
    assert.deepEqual(
      all.filter((text) => !isProved(text)),
      [],
    );
  });
});
