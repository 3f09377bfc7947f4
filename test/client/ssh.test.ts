import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "mocha";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import { builtCommand, commandEnv } from "../e2e/support/command.ts";
import { requiresCommand } from "../support/requires.ts";
import type { Ran } from "../support/run-captured.ts";

/** Does here what it is told to do elsewhere, and notes how it was called. */
const SSH = `#!/bin/sh
printf '%s\\n' "$@" >> "$SSH_NOTES"
while [ "$1" != -- ]; do shift; done
if [ "$2" = nowhere ]; then echo "ssh: Could not resolve hostname nowhere" >&2; exit 255; fi
shift 2
PATH=$FAR_PATH exec sh -c "$*"
`;

describe("a daemon that is reached by ssh", () => {
  let rig: DaemonRig;
  let notes: string;
  before(async function () {
    rig = await DaemonRig.open(this);
    notes = rig.slipway.scratch.join("notes");
    for (const folder of ["near", "far", "context"]) mkdirSync(rig.slipway.scratch.join(folder));
    const ssh = rig.slipway.scratch.join("near/ssh");
    writeFileSync(ssh, SSH);
    chmodSync(ssh, 0o755);
    symlinkSync(builtCommand(), rig.slipway.scratch.join("far/slipway"));
    writeFileSync(rig.slipway.scratch.join("context/Dockerfile"), "FROM busybox\nRUN echo made > /made\n");
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const run = (
    argv: readonly string[],
    { host = `ssh://me@far:2222${rig.socket}`, far = rig.slipway.scratch.join("far"), stdin = "" } = {},
  ): Promise<Ran> =>
    new Promise((resolve) => {
      const path = process.env["PATH"] ?? "";
      const env = {
        ...commandEnv(),
        HOME: rig.slipway.scratch.path,
        PATH: `${rig.slipway.scratch.join("near")}:${path}`,
        FAR_PATH: `${far}:${path}`,
        SSH_NOTES: notes,
      };
      const child = execFile(builtCommand(), ["-H", host, ...argv], { env }, (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
      );
      child.stdin?.end(stdin);
    });

  it("serves commands, with their input and their exit code", async () => {
    const { code, out, err } = await run(["run", "--rm", "-i", "busybox", "sh", "-c", "cat; exit 7"], {
      stdin: "typed\n",
    });
    assert.deepEqual([code, out], [7, "typed\n"], err);
    assert.match(
      readFileSync(notes, "utf8"),
      /^-l\nme\n-p\n2222\n-o\nConnectTimeout=30\n-T\n--\nfar\nsh -c /,
    );
  });

  it("builds what is here", async () => {
    const context = rig.slipway.scratch.join("context");
    const { code, err } = await run(["build", "--progress", "plain", "-t", "by:ssh", context]);
    assert.equal(code, 0, err);
    assert.equal(await rig.slipway.ok(["run", "--rm", "by:ssh", "cat", "/made"]), "made");
  });

  it("is reached by docker's program where ours is not there", async function () {
    requiresCommand(this, "docker");
    const { code, out, err } = await run(["images", "-q", "busybox"], {
      far: join(rig.slipway.scratch.path, "nothing"),
    });
    assert.equal(code, 0, err);
    assert.match(out, /^[0-9a-f]{12}\n$/);
  });

  it("serves docker's client, whose other side is ours", async function () {
    requiresCommand(this, "docker");
    const { scratch } = rig.slipway;
    // It asks for docker there, which stands for what answers.
    mkdirSync(scratch.join("both"));
    symlinkSync(builtCommand(), scratch.join("both/docker"));
    const env = {
      PATH: `${scratch.join("near")}:${process.env["PATH"]}`,
      FAR_PATH: `${scratch.join("both")}:${process.env["PATH"]}`,
      SSH_NOTES: notes,
      DOCKER_HOST: `ssh://far${rig.socket}`,
    };
    const { code, out, err } = await rig.docker(["run", "--rm", "busybox", "echo", "hello"], { env });
    assert.deepEqual([code, out], [0, "hello\n"], err);
  });

  it("that is not there is told in ssh's words", async () => {
    const { code, err } = await run(["ps"], { host: "ssh://nowhere" });
    assert.equal(code, 1);
    assert.match(err, /Docker daemon at ssh:\/\/nowhere.*ssh: Could not resolve hostname nowhere/s);
  });
});
