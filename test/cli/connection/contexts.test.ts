import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "mocha";
import { requiresCommand } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

describe("contexts", () => {
  let scratch: Scratch;
  let env: Record<string, string>;
  beforeEach(() => {
    scratch = new Scratch();
    env = { DOCKER_CONFIG: scratch.join("docker"), HOME: scratch.path };
    for (const name of ["ca", "cert", "key"]) writeFileSync(scratch.join(name), name);
  });
  afterEach(() => scratch[Symbol.dispose]());

  const slipway = async (...argv: readonly string[]) => {
    const { code, out, err } = await runCli(argv, { env, cwd: scratch.path });
    return code === 0 ? out : `${code} ${err}`;
  };
  const far = "host=tcp://far:2376,ca=ca,cert=cert,key=key";

  it("are created, listed, chosen and removed", async () => {
    assert.equal(
      await slipway("context", "create", "far", "--description", "There", "--docker", far),
      "far\n",
    );
    assert.match(
      await slipway("context", "create", "far", "--docker", far),
      /^1 Error: context "far" already exists/,
    );
    assert.equal(await slipway("context", "show"), "default\n");
    assert.equal(await slipway("context", "use", "far"), "far\n");
    assert.match(await slipway("context", "use", "nosuch"), /^1 Error: context "nosuch": context not found/);
    assert.equal(
      await slipway(
        "context",
        "ls",
        "--format",
        "{{.Name}} {{.Current}} {{.Description}} {{.DockerEndpoint}}",
      ),
      `default false The state root, without a daemon ${process.getuid?.() === 0 ? "/var/lib/slipway" : ""}\nfar true There tcp://far:2376\n`,
    );
    assert.match(
      await slipway("context", "ls"),
      /^NAME +DESCRIPTION +DOCKER ENDPOINT +ERROR\n.*\nfar \* +There +tcp/,
    );
    assert.equal(await slipway("context", "ls", "-q"), "default\nfar\n");
    assert.match(await slipway("context", "rm", "far"), /^1 Error: context "far" is in use, set -f flag/);
    assert.equal(await slipway("context", "rm", "-f", "far"), "far\n");
    assert.equal(await slipway("context", "show"), "default\n");
  });

  it("are those of docker's client, in both directions", async function () {
    const docker = requiresCommand(this, "docker");
    const run = (...argv: readonly string[]) =>
      execFileSync(docker, argv, {
        env: { ...env, PATH: process.env["PATH"] },
        cwd: scratch.path,
        stdio: "pipe",
      }).toString();
    run("context", "create", "theirs", "--description", "Theirs", "--docker", "host=tcp://far:2375");
    await slipway("context", "create", "ours", "--description", "Ours", "--docker", far);
    for (const name of ["theirs", "ours"])
      assert.deepEqual(
        JSON.parse(await slipway("context", "inspect", name)),
        JSON.parse(run("context", "inspect", name)),
      );
    run("context", "use", "ours");
    assert.equal(await slipway("context", "show"), "ours\n");
    await slipway("context", "use", "theirs");
    assert.equal(run("context", "show"), "theirs\n");
    assert.equal(await slipway("context", "rm", "-f", "theirs"), "theirs\n");
    assert.equal(run("context", "ls", "-q"), "default\nours\n");
  });

  const wrong: readonly (readonly [argv: string, why: RegExp])[] = [
    ["create default --docker host=unix:///x", /invalid value "default" for the context's name/],
    ["create a/b --docker host=unix:///x", /invalid value "a\/b"/],
    ["create far", /--docker: expected host=/],
    ["create far --docker host=tcp://x,cert=cert", /cert and key together/],
    ["create far --docker host=tcp://x,nope=1", /there is no nope/],
    ["create far --docker host=tcp://x,ca=nosuch", /nosuch/],
    ["rm default", /one that can be removed/],
    ["rm nosuch", /context "nosuch": context not found/],
    ["create far --from x", /--from is not supported/],
  ];
  for (const [argv, why] of wrong)
    it(`are not made or removed by "${argv}"`, async () => {
      assert.match(await slipway("context", ...argv.split(" ")), why);
      assert.equal(await slipway("context", "ls", "-q"), "default\n");
    });
});
