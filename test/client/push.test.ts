import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import { TestRegistry } from "../registry/server/support.ts";

interface Manifest {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly layers: readonly { readonly mediaType: string }[];
}

describe("a push through a daemon", () => {
  let rig: DaemonRig;
  let registry: TestRegistry;
  before(async function () {
    rig = await DaemonRig.open(this);
    registry = await TestRegistry.open();
  });
  after(async () => {
    await registry?.[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });

  const over = (argv: readonly string[]) => {
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path };
    return rig.slipway.run(argv, { via: { connect, env } });
  };
  const typesOf = async (tag: string) => {
    const { body } = await registry.send("GET", `/v2/app/manifests/${tag}`);
    return (JSON.parse(body.toString()) as Manifest).layers.map(({ mediaType }) => mediaType);
  };

  it("sends the annotations of a build", async () => {
    const image = `127.0.0.1:${registry.port}/app:annotated`;
    mkdirSync(rig.slipway.scratch.join("context"));
    writeFileSync(rig.slipway.scratch.join("context/Dockerfile"), "FROM busybox\nLABEL annotated=1\n");
    const argv = [
      "build",
      "-q",
      "--push",
      "-t",
      image,
      "--annotation",
      "a=b",
      "--annotation",
      "manifest[linux]:c=d",
    ];
    const { code, err } = await over([...argv, rig.slipway.scratch.join("context")]);
    assert.equal(code, 0, err);
    const { body } = await registry.send("GET", "/v2/app/manifests/annotated");
    assert.deepEqual((JSON.parse(body.toString()) as Manifest).annotations, { a: "b", c: "d" });
  });

  for (const [compression, type] of [
    ["zstd", /\+zstd$/],
    ["gzip", /gzip$/],
  ] as const)
    it(`sends layers as ${compression} where that is asked for`, async () => {
      const image = `127.0.0.1:${registry.port}/app:${compression}`;
      await rig.slipway.ok(["tag", "busybox", image]);
      const { code, err } = await over(["push", "-q", "--compression", compression, image]);
      assert.equal(code, 0, err);
      const types = await typesOf(compression);
      assert.equal(types.length, 1);
      for (const mediaType of types) assert.match(mediaType, type);
    });

  it("is refused where a client asks the daemon for a form that it does not know", async () => {
    const { status, text } = await rig.request("POST", "/images/busybox/push?tag=latest&compression=xz");
    assert.equal(status, 400);
    assert.match(text, /compression.*expected gzip or zstd, got .*xz/);
  });
});
