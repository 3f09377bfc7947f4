import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import type { BuildRequest } from "../../../engine/api.ts";
import { Scratch } from "../../support/scratch.ts";
import { runCli } from "../support/run-cli.ts";

/** What the engine is asked for. */
async function requested(...args: readonly string[]): Promise<BuildRequest> {
  using scratch = new Scratch();
  writeFileSync(scratch.join("Dockerfile"), "FROM scratch\n");
  const answers = { "builds.build": { image: "sha256:x", tags: [] } };
  const { calls, err } = await runCli(["build", "-q", ...args, "."], { cwd: scratch.path, answers });
  const [, request] = calls.find(([method]) => method === "builds.build") ?? [];
  assert.ok(request, err);
  return request as BuildRequest;
}

describe("the request of a build", () => {
  it("has an inline cache when an argument asks for one", async () => {
    const kinds = async (...args: readonly string[]) =>
      (await requested(...args)).cacheTo?.map(({ to }) => to.kind);
    assert.deepEqual(await kinds("--build-arg", "BUILDKIT_INLINE_CACHE=1"), ["inline"]);
    assert.deepEqual(await kinds("--build-arg", "BUILDKIT_INLINE_CACHE=0"), []);
  });

  it("has cache mounts in its cache when they are asked for", async () => {
    const mounts = async (more: string) =>
      (await requested("--cache-to", `type=registry,ref=a${more}`)).cacheTo?.map((to) => to.mounts);
    assert.deepEqual(await mounts(""), [false]);
    assert.deepEqual(await mounts(",mounts=true"), [true]);
  });

  it("has what each flag asks for", async () => {
    const given = [
      "-t a --tag b:1 --target last --label l=v --no-cache --pull",
      "--add-host h=192.0.2.1 --network none --allow network.host --jobs 3",
    ];
    const request = await requested(...given.join(" ").split(" "));
    const { tags, target, labels, noCache, pull, extraHosts, network, allow, jobs } = request;
    assert.deepEqual([tags, target, labels, noCache, pull], [["a", "b:1"], "last", { l: "v" }, true, true]);
    assert.deepEqual([extraHosts, network, allow, jobs], [["h:192.0.2.1"], "none", ["network.host"], 3]);
  });

  it("has the stages for which there is no cache, of several flags and with commas", async () => {
    const { noCache, noCacheStages } = await requested("--no-cache-filter=a,b", "--no-cache-filter", "c");
    assert.deepEqual([noCache, noCacheStages], [false, ["a", "b", "c"]]);
  });

  it("is the same with what always holds", async () => {
    const settled = "type=image,oci-mediatypes=true,store=true,unpack=true,rewrite-timestamp=1";
    const words = ["--builder=default", "--isolation=default", "--isolation=", "--compress", "-o", settled];
    const same = await requested(...words, "-o", "type=image,compression=zstd,force-compression=true");
    const plain = await requested("-o", "type=image");
    assert.deepEqual({ ...same, context: "", dockerfile: "" }, { ...plain, context: "", dockerfile: "" });
  });

  it("has the time that outputs ask for", async () => {
    for (const output of ["type=image", "type=local,dest=x", "type=tar,dest=x", "type=oci,dest=x"]) {
      const { sourceDateEpoch } = await requested("-o", `${output},source-date-epoch=12`);
      assert.equal(sourceDateEpoch, 12, output);
    }
  });

  it("has each platform once, with commas or flags of their own", async () => {
    const { platforms } = await requested("--platform", "linux/amd64,arm64", "--platform", "linux/arm64/v8");
    assert.deepEqual(platforms, [
      { os: "linux", architecture: "amd64" },
      { os: "linux", architecture: "arm64" },
    ]);
  });
});
