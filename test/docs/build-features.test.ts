import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { FEATURES_PAGE, renderFeatures } from "../../scripts/build-features.ts";
import { FEATURES } from "../../scripts/build-features-table.ts";

describe("docs/build-features.md", () => {
  it("is what `npm run docs` makes of the table", async () => {
    assert.equal(await readFile(FEATURES_PAGE, "utf8"), renderFeatures());
  });

  it("names proofs that are there", async () => {
    const missing: string[] = [];
    for (const [name, file, title] of Object.values(FEATURES).flat()) {
      const source = await readFile(new URL(`../../${file}`, import.meta.url), "utf8");
      if (!source.includes(title)) missing.push(`${name}: ${title}`);
    }
    assert.deepEqual(missing, []);
  });
});
