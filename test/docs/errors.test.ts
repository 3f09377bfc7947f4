import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "mocha";
import { ERRORS } from "../../core/error-codes.ts";

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

/** Codes by area, in order, from the headings of the page. */
function areasOfPage(page: string): Record<string, string[]> {
  return Object.fromEntries(
    page
      .split(/^## /m)
      .slice(1)
      .map((area) => [
        area.slice(0, area.indexOf("\n")).toLowerCase(),
        Array.from(area.matchAll(/^### (\w+)$/gm), ([, code = ""]) => code),
      ]),
  );
}

/** The same from the comments that divide the table. */
function areasOfTable(source: string): Record<string, string[]> {
  return Object.fromEntries(
    source
      .split(/^ {2}\/\/ ── /m)
      .slice(1)
      .map((area) => [
        area.slice(0, area.indexOf(" ─")),
        Array.from(area.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm), ([, code = ""]) => code),
      ]),
  );
}

describe("docs/errors.md", () => {
  it("has every code, in its area, in the table's order, and no other", async () => {
    const table = areasOfTable(await read("core/error-codes.ts"));
    assert.deepEqual(Object.values(table).flat(), Object.keys(ERRORS));
    assert.deepEqual(areasOfPage(await read("docs/errors.md")), table);
  });

  it("says of each code when it happens and what to do", async () => {
    const page = await read("docs/errors.md");
    for (const section of page.split(/^### /m).slice(1)) {
      const [code = "", ...lines] = section.split(/^## /m)[0]?.trim().split("\n") ?? [];
      assert.match(lines.join(" ").trim(), /^\S[^.]{10,}.*\.$/, `${code} needs a sentence`);
    }
  });
});
