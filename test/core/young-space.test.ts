import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const MODULE = fileURLToPath(new URL("../../core/young-space.ts", import.meta.url));

/** Bytes of the space for young objects after very many were made that stayed for a while. */
function spaceAfter(begin: string): number {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { keepYoungSpaceSmall } from ${JSON.stringify(MODULE)};
    ${begin}
    const kept = [];
    for (let i = 0; i < 2e6; i += 1) kept[i % 3e5] = { i };
    const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space");
    console.log(space.space_size);`;
  const args = ["--import", "tsx", "--input-type=module", "-e", script];
  return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
}

describe("core/young-space", () => {
  it("does not grow when it is told to stay small", () => {
    assert.ok(spaceAfter("await keepYoungSpaceSmall();") * 2 <= spaceAfter(""));
  });
});
