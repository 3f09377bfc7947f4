import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { outlineOf } from "../../../builder/dockerfile/describe/outline.ts";
import { targetsOf } from "../../../builder/dockerfile/describe/targets.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type { BuildOutline } from "../../../core/build-answers.ts";
import { outlineText, targetsText } from "../../../core/build-answers-text.ts";
import { CALLS, DESCRIBED } from "./described/calls.ts";

interface Asked {
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly triggers?: readonly string[];
}

async function outline(
  text: string,
  { target, args = {}, triggers = [] }: Asked = {},
): Promise<BuildOutline> {
  const parsed = parseDockerfile(text);
  const buildArgs = new Map(Object.entries(args));
  const resolved = await resolveDockerfile(parsed, {
    buildArgs,
    buildPlatform: { os: "linux", architecture: "amd64" },
    loadImage: () =>
      Promise.resolve({
        os: "linux",
        architecture: "amd64",
        config: { OnBuild: triggers },
        rootfs: { type: "layers", diff_ids: [] },
      }),
    ...(target === undefined ? {} : { target }),
  });
  return outlineOf(parsed, resolved, buildArgs);
}
const names = (list: readonly { readonly name: string }[] = []) => list.map(({ name }) => name);

describe("a description of a Dockerfile", () => {
  const text = readFileSync(`${DESCRIBED}Dockerfile`, "utf8");

  const valuesOf = (args: readonly string[], flag: string): readonly string[] =>
    args.flatMap((arg, i) => (args[i - 1] === flag ? [arg] : []));

  describe("tells what a build of a target takes", () => {
    for (const { args, out } of CALLS.filter(({ args }) => args[1]?.startsWith("outline")))
      it(`as the real engine does for ${args.join(" ")}`, async () => {
        const [target] = valuesOf(args, "--target");
        const given = Object.fromEntries(valuesOf(args, "--build-arg").map((pair) => pair.split("=")));
        const found = await outline(text, { args: given, ...(target === undefined ? {} : { target }) });
        if (args[1] === "outline") assert.equal(outlineText(found), out);
        else assert.deepEqual(found, JSON.parse(out));
      });
  });

  it("lists the stages that can be built", () => {
    const [table, json] = CALLS.filter(({ args }) => args[1]?.startsWith("targets"));
    const found = targetsOf(parseDockerfile(text));
    assert.equal(targetsText(found), table?.out);
    assert.deepEqual(found, JSON.parse(json?.out ?? ""));
  });

  it("names what stands on one line in the order in which it stands there", async () => {
    const found = await outline(
      "FROM scratch\nARG B A=$B C\nRUN --mount=type=ssh,id=y --mount=type=ssh,id=x t\n",
    );
    assert.deepEqual(
      [names(found.args), names(found.ssh)],
      [
        ["B", "A", "C"],
        ["y", "x"],
      ],
    );
  });

  it("tells of a mount what the first command of the stage says, which goes before the stage it begins with", async () => {
    const run = (mount: string) => `RUN --mount=type=secret,id=a${mount} true\n`;
    const base = `FROM scratch AS base\n${run(",required")}${run("")}`;
    const lineOf = async (file: string) => {
      const [secret] = (await outline(file)).secrets ?? [];
      return [secret?.required, secret?.location.ranges[0]?.start.line];
    };
    assert.deepEqual(await lineOf(base), [true, 2]);
    assert.deepEqual(await lineOf(`${base}FROM base\n${run("")}`), [undefined, 5]);
  });

  it("has what triggers of a base image declare", async () => {
    const found = await outline("FROM image\n", { triggers: ["ARG TRIGGERED=1"] });
    assert.deepEqual(names(found.args), ["TRIGGERED"]);
  });

  it("has each stage once, however many ways lead to it", async () => {
    const stage = (i: number) =>
      `FROM s${i - 1} AS s${i}\nARG A${i}\nCOPY --from=s${i - 1} / /a\nCOPY --from=s${Math.max(0, i - 2)} / /b\n`;
    const stages = Array.from({ length: 60 }, (_, i) => stage(i + 1));
    const found = await outline(["FROM scratch AS s0\n", ...stages].join(""));
    assert.equal(found.args?.length, 60);
  });
});
