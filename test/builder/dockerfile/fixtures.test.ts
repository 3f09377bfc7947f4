import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type { ResolvedStage, ResolvedStep, Warning } from "../../../builder/dockerfile/resolved.ts";
import type { ImageConfig } from "../../../image/config.ts";

// Each fixtures/<name>.Dockerfile has its meaning beside it in <name>.json. SLIPWAY_UPDATE=1 writes those anew, to be read before they are
// committed.
const FOLDER = fileURLToPath(new URL("fixtures", import.meta.url));
const UPDATE = process.env["SLIPWAY_UPDATE"] === "1";

const BASE: ImageConfig = {
  architecture: "amd64",
  os: "linux",
  config: { Env: ["PATH=/bin", "BASE=1"], Cmd: ["sh"], Labels: { base: "1" } },
  rootfs: { type: "layers", diff_ids: [] },
  history: [{ created_by: "base" }],
};

/** What is the step's own: the instruction it was made of is proved elsewhere. */
function describeStep(step: ResolvedStep): unknown {
  const { instruction, config: _, history, ...rest } = step;
  return { instruction: instruction.kind, created_by: history?.created_by, ...rest };
}
const describeStage = ({ steps, ...stage }: ResolvedStage): unknown => ({
  ...stage,
  steps: steps.map(describeStep),
});

async function meaning(text: string): Promise<unknown> {
  const warnings: Warning[] = [];
  const { stages } = await resolveDockerfile(parseDockerfile(text), {
    buildArgs: new Map([
      ["REVISION", "abc"],
      ["https_proxy", "http://proxy"],
    ]),
    buildPlatform: { os: "linux", architecture: "amd64" },
    loadImage: () => Promise.resolve(BASE),
    warn: (warning) => warnings.push(warning),
  });
  return {
    stages: stages.map(describeStage),
    warnings: warnings.map(({ rule, message, lines }) => `${lines.first}: ${rule}: ${message}`),
  };
}

describe("A Dockerfile of ours", () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".Dockerfile"))) {
    it(`${basename(file, ".Dockerfile")} means what stands beside it`, async () => {
      const beside = join(FOLDER, file.replace(/Dockerfile$/, "json"));
      // As JSON has it, without what is undefined.
      const got: unknown = JSON.parse(
        JSON.stringify(await meaning(readFileSync(join(FOLDER, file), "utf8"))),
      );
      if (UPDATE) writeFileSync(beside, `${JSON.stringify(got, undefined, 2)}\n`);
      assert.deepEqual(got, JSON.parse(readFileSync(beside, "utf8")));
    });
  }
});
