import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import { FakeRegistry } from "../registry/client/fake-registry.ts";
import type { Ran } from "../support/run-captured.ts";

const BAKE = `
group "default" { targets = ["app", "files"] }
target "base" {
  context = "src"
  dockerfile-inline = <<EOF
FROM busybox
RUN cat /proc/sys/kernel/random/uuid > /made
EOF
}
target "app" {
  tags = ["baked:1"]
  context = "src"
  contexts = { base = "target:base" }
  dockerfile-inline = "FROM base\\nCOPY f /f\\n"
}
target "files" {
  context = "src"
  dockerfile-inline = "FROM scratch\\nCOPY f /f\\n"
  output = ["out"]
}
`;
const REUSED = /\] RUN .*\n#\d+ CACHED$/m;

describe("bake, histories and caches through a daemon", () => {
  let rig: DaemonRig;
  before(async function () {
    rig = await DaemonRig.open(this);
    mkdirSync(rig.slipway.scratch.join("src"));
    writeFileSync(rig.slipway.scratch.join("src/f"), "content\n");
    writeFileSync(rig.slipway.scratch.join("docker-bake.hcl"), BAKE);
    writeFileSync(
      rig.slipway.scratch.join("src/Dockerfile"),
      "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid > /kept\n",
    );
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const over = (...argv: readonly string[]): Promise<Ran> => {
    const env = { DOCKER_HOST: `unix://${rig.socket}`, HOME: rig.slipway.scratch.path };
    return rig.slipway.run(argv, { via: { connect, env } });
  };

  it("bake builds a target on another one, and writes files to this side", async () => {
    const { code, err } = await over("bake", "--progress", "plain");
    assert.equal(code, 0, err);
    assert.equal(readFileSync(rig.slipway.scratch.join("out/f"), "utf8"), "content\n");
    assert.equal(await rig.slipway.ok(["run", "--rm", "baked:1", "cat", "/f"]), "content");
  });

  it("builds open writes the page that it writes without one", async () => {
    assert.equal((await over("build", "-q", "src")).code, 0);
    const there = await over("builds", "open", "-o", "-");
    assert.equal(there.code, 0, there.err);
    assert.match(there.out, /<html[\s\S]*RUN cat \/proc\/sys\/kernel\/random\/uuid/);
    assert.equal(there.out, (await rig.slipway.run(["builds", "open", "-o", "-"])).out);
  });

  it("a build keeps its cache in a registry or in the image, and finds it there again", async () => {
    await using registry = await FakeRegistry.start();
    const { host } = registry;
    const kept = `${host}/kept:cache`;
    const inline = `${host}/inline:1`;
    const forget = async (): Promise<void> => {
      for (const image of ["kept:1", inline]) await rig.slipway.run(["rmi", "-f", image]);
      await rig.slipway.ok(["builder", "prune", "-af"]);
    };
    for (const [from, name, ...to] of [
      [kept, "kept:1", "--cache-to", `type=registry,ref=${kept},mode=max`],
      [inline, inline, "--cache-to", "type=inline", "--push"],
    ] as const) {
      await forget();
      const built = await over("build", "--progress", "plain", ...to, "-t", name, "src");
      assert.equal(built.code, 0, built.err);
      await forget();
      const again = await over("build", "--progress", "plain", "--cache-from", from, "-t", "kept:1", "src");
      assert.match(again.err, REUSED, from);
    }
  });
});
