import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import type { Ran } from "../e2e/support/slipway.ts";

const DOCKERFILE = `FROM busybox AS first
ARG WORD=none
COPY . /src
RUN --mount=type=secret,id=word cat /run/secrets/word; echo $WORD; cd /src; ls -RA; cat link
FROM first
RUN echo last > /last
`;
const FAILING = "FROM busybox\nRUN echo before\nRUN echo lots; exit 3\n";

describe("a build through a daemon", () => {
  let rig: DaemonRig;
  let context: string;
  before(async function () {
    rig = await DaemonRig.open(this);
    context = rig.slipway.scratch.join("context");
    for (const folder of ["sub", "hidden/deep", "node_modules"])
      mkdirSync(join(context, folder), { recursive: true });
    const files: Readonly<Record<string, string>> = {
      Dockerfile: DOCKERFILE,
      Failing: FAILING,
      Wrong: "FROM busybox\nNOPE x\n",
      ".dockerignore": "# not these\nnode_modules\nhidden\n!hidden/deep/shown\n*ing\nWrong\n",
      file: "content\n",
      empty: "",
      "sub/inner": "x",
      "node_modules/big": "x",
      "hidden/deep/shown": "x",
      "hidden/not": "x",
      large: "l".repeat(3 << 20),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(context, name), text);
    symlinkSync("file", join(context, "link"));
    writeFileSync(rig.slipway.scratch.join("word"), "secret\n");
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const build = (...argv: readonly string[]): Promise<Ran> => {
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path };
    return rig.slipway.run(["build", "--progress", "plain", ...argv], { via: { connect, env } });
  };

  it("takes what the ignore file leaves of the context, and shows the steps", async () => {
    const secret = `id=word,src=${rig.slipway.scratch.join("word")}`;
    const { code, err } = await build(
      "-t",
      "made:1",
      "--secret",
      secret,
      "--build-arg",
      "WORD=said",
      "--label",
      "a=b",
      context,
    );
    assert.equal(code, 0, err);
    const lines = err.split("\n").flatMap((line) => /^#\d+ \d+\.\d+ (.*)$/.exec(line)?.[1] ?? []);
    assert.deepEqual(lines.slice(0, 2), ["secret", "said"]);
    const files = lines.slice(2).filter((line) => line !== "" && !line.endsWith(":"));
    assert.deepEqual(files, [
      ".dockerignore",
      "Dockerfile",
      "empty",
      "file",
      "hidden",
      "large",
      "link",
      "sub",
      "deep",
      "shown",
      "inner",
      "content",
    ]);
    assert.match(err, /\[first 2\/3\] COPY \. \/src\n/);
    assert.equal(err.match(/naming to/g)?.length, 1);
    assert.equal(await rig.slipway.ok(["inspect", "-f", "{{.Config.Labels}}", "made:1"]), "map[a:b]");
    assert.equal(
      await rig.slipway.ok(["run", "--rm", "made:1", "wc", "-c", "/src/large"]),
      `${3 << 20} /src/large`,
    );
  });

  it("prints the image's id alone with -q, of what is cached as of what is not", async () => {
    const first = await build("-q", "--target", "first", context);
    const second = await build("-q", "--target", "first", context);
    assert.match(first.out, /^sha256:[0-9a-f]{64}\n$/);
    assert.deepEqual(second, first);
  });

  it("writes its result to a folder of this side", async () => {
    const folder = rig.slipway.scratch.join("result");
    const { code, err } = await build("-o", folder, context);
    assert.equal(code, 0, err);
    assert.equal(readFileSync(join(folder, "last"), "utf8"), "last\n");
  });

  it("that fails shows the lines of the Dockerfile and the end of the output", async () => {
    const file = join(context, "Failing");
    const { code, err } = await build("-f", file, context);
    assert.equal(code, 1);
    const told = err.slice(err.indexOf("Error: "));
    const here = await rig.slipway.run(["build", "--progress", "plain", "-f", file, context]);
    assert.equal(told, here.err.slice(here.err.indexOf("Error: ")).replace(/hint: .*\n(?: {6}.*\n)*/, ""));
    assert.match(
      told,
      /Failing:3: .* did not complete successfully: exit code: 3\n.*\n.*\n 3 \| >>> RUN echo lots; exit 3\nlots\n$/,
    );
  });

  it("of what is no Dockerfile says where", async () => {
    const { code, err } = await build("-f", join(context, "Wrong"), context);
    assert.equal(code, 1);
    assert.match(err, /Wrong:2: .*unknown instruction: NOPE.*\n 1 \|.*\n 2 \| >>> NOPE x\n/);
  });

  const refused: readonly (readonly [argv: readonly string[], why: RegExp])[] = [
    [["--explain"], /telling why a step was not cached \(--explain\) cannot be done through a daemon/],
    [["--check"], /checking a Dockerfile \(--check\) cannot be done through a daemon/],
    [["--memory", "64m"], /limiting what commands of a build use cannot be done through a daemon/],
    [["--cache-from", "type=registry,ref=localhost:1/x"], /\(--cache-from\) cannot be done through a daemon/],
    [["--jobs", "2"], /choosing how many steps run at a time \(--jobs\) cannot be done through a daemon/],
  ];
  for (const [argv, why] of refused)
    it(`with ${argv.join(" ")} is refused by name`, async () => {
      const { code, err } = await build(...argv, context);
      assert.equal(code, 1);
      assert.match(err, why);
    });

  it("of standard input is refused by name", async () => {
    const { code, err } = await build("-");
    assert.equal(code, 1);
    assert.match(err, /building what comes on standard input cannot be done through a daemon/);
  });
});
