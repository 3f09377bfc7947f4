import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "mocha";
import { REFERENCE, renderReference } from "../../scripts/cli-reference.ts";

describe("docs/cli.md", () => {
  it("is what `npm run docs` makes of the commands", async () => {
    assert.equal(await readFile(REFERENCE, "utf8"), await renderReference());
  });
});
