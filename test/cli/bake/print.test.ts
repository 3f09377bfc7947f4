import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";
import { CASES } from "./cases.ts";
import { writeFiles } from "./files.ts";

/** What docker buildx 0.29 prints: see record.ts. */
const RECORDED = JSON.parse(
  readFileSync(new URL("recorded/buildx-0.29.json", import.meta.url), "utf8"),
) as Readonly<Record<string, unknown>>;

describe("bake --print prints what docker buildx prints", () => {
  for (const { name, files, args = [], env = {} } of CASES)
    it(name, async () => {
      using scratch = new Scratch();
      writeFiles(scratch.path, files);
      const { code, out, err } = await runCli(["bake", "--print", ...args], { cwd: scratch.path, env });
      assert.equal(code, 0, err);
      assert.deepEqual(JSON.parse(out), RECORDED[name]);
    });
});
