import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { describe, it } from "mocha";
import { tarOf } from "../../registry/client/support.ts";
import { TestProxy } from "../../registry/proxy/support.ts";
import { requiresCommand, requiresPeer } from "../../support/requires.ts";

/** A program whose first argument is the client to run, where clients are not in PATH: SLIPWAY_PEERS. */
const WRAPPER = process.env["SLIPWAY_PEERS"];
const TIMEOUT_MS = 60_000;

const run = async (command: string, args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(command, args, { timeout: TIMEOUT_MS, cwd: "/" })).stdout.trim();

describe("real clients of a cache", function () {
  this.timeout(2 * TIMEOUT_MS);

  it("docker pulls through it, and again without the upstream", async function () {
    const docker = requiresPeer(this);
    await using proxy = await TestProxy.open();
    const { upstream, registry } = proxy;
    const { manifest, config } = upstream.addImage("team/app", "1", [
      tarOf("a", randomBytes(1 << 20)),
      tarOf("b", "two"),
    ]);
    const name = `localhost:${registry.port}/up/team/app:1`;
    try {
      for (const intercept of [() => false, () => true]) {
        upstream.intercept = (_request, response) => {
          if (intercept()) response.destroy();
          return intercept();
        };
        await run(docker, ["pull", "-q", name]);
        assert.equal(await run(docker, ["image", "inspect", name, "--format", "{{.Id}}"]), config.digest);
        const digests = await run(docker, ["image", "inspect", name, "--format", "{{.RepoDigests}}"]);
        assert.ok(digests.includes(manifest.digest), digests);
        await run(docker, ["image", "rm", "-f", name]);
      }
      assert.equal(upstream.count("GET /v2/team/app/blobs/"), 3);
    } finally {
      spawnSync(docker, ["image", "rm", "-f", name], { stdio: "ignore" });
    }
  });

  it("skopeo copies through it, blob by blob what the upstream has", async function () {
    const command = WRAPPER ?? requiresCommand(this, "skopeo");
    const client = WRAPPER === undefined ? [] : ["skopeo"];
    await using proxy = await TestProxy.open();
    await using target = await TestProxy.open();
    const { upstream, registry } = proxy;
    const { manifest, layers } = upstream.addImage("app", "1", [tarOf("a", randomBytes(1 << 20))]);
    const places = [`${registry.port}/up/app:1`, `${target.registry.port}/copy:1`];
    const flags = ["-q", "--insecure-policy", "--src-tls-verify=false", "--dest-tls-verify=false"];
    const images = places.map((place) => `docker://127.0.0.1:${place}`);
    await run(command, [...client, "copy", ...flags, ...images]);
    const copied = await target.registry.send("HEAD", "/v2/copy/manifests/1");
    assert.equal(copied.headers["docker-content-digest"], manifest.digest);
    assert.equal(upstream.count("GET /v2/app/blobs/"), layers.length + 1);
  });
});
