import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { Slipway } from "./support/slipway.ts";

const EPOCH = { SOURCE_DATE_EPOCH: "1700000000" };

describe("build --verify", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
    mkdirSync(slipway.scratch.join("context"));
  });
  after(async () => slipway?.[Symbol.asyncDispose]());
  const verify = (command: string, env: Readonly<Record<string, string>> = EPOCH) => {
    writeFileSync(slipway.scratch.join("context/Dockerfile"), `FROM busybox\nRUN ${command}\n`);
    return slipway.run(["build", "-q", "--verify", "-t", "verified", "context"], { env });
  };

  it("is content with a build that is the same again, and leaves no image of the second", async () => {
    const { code, out, err } = await verify("echo same > /f; chmod 600 /f");
    assert.equal(code, 0, err);
    assert.match(out, /\nreproducible: sha256:/);
    assert.equal((await slipway.ok(["images", "-aq"])).split("\n").length, 2);
  });

  it("names what differs, down to the file", async () => {
    const unique = "cat /proc/sys/kernel/random/uuid";
    const { code, out } = await verify(`${unique} > /content; touch /same; touch /new-$(${unique})`);
    assert.equal(code, 1);
    assert.match(out, /\n {2}\/content: content\n/);
    assert.match(out, /\n {2}\/new-[0-9a-f-]+: is new in the second build\n/);
    assert.match(out, /\n {2}\/new-[0-9a-f-]+: is missing in the second build\n/);
    assert.doesNotMatch(out, /\/same/);
    assert.equal((await slipway.ok(["images", "-aq"])).split("\n").length, 3);
  });

  it("names modes and times, and what to do about times", async () => {
    const count = "n=$(cat /c/n || echo 0); echo $((n + 1)) > /c/n";
    const mode = await verify(`--mount=type=cache,target=/c ${count}; touch /f; chmod 60$n /f; chown $n /f`);
    assert.equal(mode.code, 1, mode.err);
    assert.match(mode.out, /\n {2}\/f: mode \(0600 and 0601\)\n {2}\/f: owner \(0:0 and 1:0\)\n/);
    const times = await verify("touch -d @$(cut -d. -f1 /proc/uptime) /t; sleep 1.1", {});
    assert.equal(times.code, 1);
    assert.match(times.out, /\/t: time \(\S+Z and \S+Z\)/);
    assert.match(times.out, /only times differ: set SOURCE_DATE_EPOCH/);
  });
});
