import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { requiresBuildx } from "./support/buildx.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

const DOCKERFILE = `FROM busybox
ARG FAIL
RUN --mount=type=cache,target=/cache echo a line of output; echo kept > /cache/kept
RUN exit $FAIL
`;

interface Listed {
  readonly ref: string;
  readonly status: string;
  readonly num_completed_steps?: number;
}

describe("docker buildx: what was built and what is kept of it", () => {
  let daemon: DaemonRig;
  let env: Readonly<Record<string, string>>;
  before(async function () {
    requiresDocker(this);
    daemon = await DaemonRig.open(this);
    env = requiresBuildx(this, daemon);
    const folder = daemon.slipway.scratch.join("application");
    mkdirSync(folder);
    writeFileSync(`${folder}/Dockerfile`, DOCKERFILE);
    for (const fail of ["0", "7"])
      await daemon.docker(["build", "--build-arg", `FAIL=${fail}`, "-t", "kept", folder], { env });
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const buildx = (...argv: readonly string[]) => daemon.docker(["buildx", ...argv], { env });
  const listed = async (...argv: readonly string[]): Promise<readonly Listed[]> =>
    (await buildx("history", "ls", "--format", "json", ...argv)).out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Listed);
  const refOf = async (status: string): Promise<string> =>
    (await listed())
      .find((build) => build.status === status)
      ?.ref.split("/")
      .at(-1) ?? "";

  it("measures the cache, what images have of it and the directories of mounts", async () => {
    const { out, err } = await buildx("du", "--verbose");
    // Two commands that leave nothing have the same layer, and one of them names it.
    assert.match(out, /^Description:\s+RUN \/bin\/sh -c (?:exit \$FAIL|echo a line of output.*)$/m, err);
    assert.match(out, /^Shared:\s+true$/m);
    assert.match(out, /^Type:\s+exec\.cachemount$/m);
    assert.match(out, /^Reclaimable:\s+\d+/m);
    const mounts = await buildx("du", "--verbose", "--filter", "type=exec.cachemount");
    assert.deepEqual([...new Set(mounts.out.match(/(?<=^Type:\s+)\S+$/gm))], ["exec.cachemount"]);
    assert.match((await buildx("du", "--filter", "colour=red")).err, /colour/);
  });

  it("measures it for docker system df", async () => {
    const out = await daemon.ok(["system", "df", "--format", "{{.Type}} {{.TotalCount}}"]);
    assert.match(out, /^Build Cache [1-9]\d*$/m);
    assert.match(await daemon.ok(["system", "df", "-v"]), /exec\.cachemount/);
    assert.match(await daemon.slipway.ok(["system", "df"]), /^Build Cache +[1-9]/m);
  });

  it("lists builds by their state", async () => {
    assert.deepEqual((await listed()).map(({ status }) => status).toSorted(), ["Completed", "Error"]);
    assert.deepEqual(
      (await listed("--filter", "status=error")).map(({ status }) => status),
      ["Error"],
    );
  });

  it("prints the log of one that has ended", async () => {
    const { err, code } = await buildx("history", "logs", await refOf("Completed"));
    assert.equal(code, 0, err);
    assert.match(err, /^#\d+ [\d.]+ a line of output$/m);
    assert.match(err, /^#\d+ naming to docker\.io\/library\/kept/m);
  });

  it("inspects one that failed", async () => {
    const { out, err } = await buildx("history", "inspect", await refOf("Error"), "--format", "json");
    const found = JSON.parse(out || err) as {
      readonly Status: string;
      readonly Error: { readonly Message: string };
      readonly BuildArgs: readonly { readonly Name: string; readonly Value: string }[];
    };
    assert.equal(found.Status, "failed");
    assert.match(found.Error.Message, /exit code: 7/);
    assert.deepEqual(found.BuildArgs, [{ Name: "FAIL", Value: "7" }]);
  });

  it("forgets one, and says of one that is not there that it is not", async () => {
    const ref = await refOf("Error");
    assert.equal((await buildx("history", "rm", ref)).code, 0);
    assert.deepEqual(
      (await listed()).map(({ status }) => status),
      ["Completed"],
    );
    assert.match((await buildx("history", "rm", ref)).err, /no record of a build/);
    assert.equal((await buildx("history", "rm", "--all")).code, 0);
    assert.deepEqual(await listed(), []);
  });
});
