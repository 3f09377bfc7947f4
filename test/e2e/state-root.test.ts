import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { requiresContainers } from "../support/runtime-rig.ts";
import { Scratch } from "../support/scratch.ts";
import { builtCommand, commandEnv } from "./support/command.ts";

describe("a state root", () => {
  it("is found by a relative path, for builds and for containers", function () {
    const tar = requiresContainers(this);
    using scratch = new Scratch();
    const context = scratch.join("context");
    mkdirSync(context);
    writeFileSync(`${context}/Dockerfile`, "FROM busybox\nRUN --network=none echo built > /f\n");
    const slipway = (...args: readonly string[]): string =>
      execFileSync(builtCommand(), ["--root", "state", ...args], {
        cwd: scratch.path,
        env: commandEnv(),
        encoding: "utf8",
      });
    slipway("import", tar, "busybox:latest");
    slipway("build", "-q", "-t", "app", "context");
    assert.equal(slipway("run", "--rm", "--network=none", "app", "cat", "/f"), "built\n");
  });
});
