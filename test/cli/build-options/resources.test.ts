import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "mocha";
import type { BuildRequest } from "../../../engine/api.ts";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

/** The request that a build's command line becomes. */
async function requestOf(...flags: readonly string[]): Promise<BuildRequest> {
  using scratch = new Scratch();
  writeFileSync(scratch.join("Dockerfile"), "FROM scratch\n");
  const answers = { "builds.build": { image: "sha256:1", tags: [] } };
  const { calls, err } = await runCli(["build", "-q", ...flags, scratch.path], { answers });
  const [, request] = calls.find(([method]) => method === "builds.build") ?? [];
  assert.ok(request !== undefined, err);
  return request as BuildRequest;
}

describe("slipway build, resources of RUN", () => {
  it("hands every limit on in the Engine API's terms", async () => {
    const { resources } = await requestOf(
      ..."-m 64m --memory-swap -1 -c 512 --cpu-period 1000 --cpu-quota 2000 --cpuset-cpus 0-1 --cpuset-mems 0".split(
        " ",
      ),
      ..."--ulimit nofile=1:2 --ulimit core=0 --shm-size 8m --cgroup-parent /ci --dns 10.0.0.1".split(" "),
      ..."--dns-search here --dns-option ndots:2".split(" "),
    );
    assert.deepEqual(resources, {
      Memory: 64 * 1024 ** 2,
      MemorySwap: -1,
      CpuShares: 512,
      CpuPeriod: 1000,
      CpuQuota: 2000,
      CpusetCpus: "0-1",
      CpusetMems: "0",
      Ulimits: [
        { Name: "nofile", Soft: 1, Hard: 2 },
        { Name: "core", Soft: 0, Hard: 0 },
      ],
      ShmSize: 8 * 1024 ** 2,
      CgroupParent: "/ci",
      Dns: ["10.0.0.1"],
      DnsSearch: ["here"],
      DnsOptions: ["ndots:2"],
    });
  });

  it("limits nothing that was not asked for", async () => {
    assert.deepEqual((await requestOf()).resources, {});
  });

  it("refuses --squash with the reason", async () => {
    const { code, err } = await runCli(["build", "--squash", "."]);
    assert.equal(code, 1);
    assert.match(err, /--squash is not supported[\s\S]*shares no layer with any other/);
  });
});
