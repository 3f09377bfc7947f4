import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { after, before, describe, it } from "mocha";
import { readAll } from "../../core/streams.ts";
import { DaemonRig, requiresDocker } from "./support/daemon-rig.ts";

describe("docker's client: containers", () => {
  let daemon: DaemonRig;
  before(async function () {
    requiresDocker(this);
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  const NET = ["--network", "none"] as const;
  const runs: readonly {
    readonly title: string;
    readonly argv: readonly string[];
    readonly stdin?: string;
    readonly code?: number;
    readonly out?: string;
    readonly err?: string | RegExp;
  }[] = [
    { title: "runs a command", argv: ["busybox", "echo", "hi"], out: "hi\n" },
    {
      title: "tells the two outputs and the exit code apart",
      argv: ["busybox", "sh", "-c", "echo out; echo err >&2; exit 3"],
      code: 3,
      out: "out\n",
      err: "err\n",
    },
    {
      title: "passes input and its end on",
      argv: ["-i", "busybox", "cat"],
      stdin: "hello\n",
      out: "hello\n",
    },
    {
      title: "runs what does not exist with status 127",
      argv: ["busybox", "nosuch"],
      code: 127,
      err: /exec: "nosuch": executable file not found in \$PATH/,
    },
    {
      title: "runs what is not executable with status 126",
      argv: ["busybox", "/etc"],
      code: 126,
      err: /permission denied|is a directory/,
    },
    {
      title: "sets environment, directory, user and host name",
      argv: [
        "-e",
        "A=1",
        "-w",
        "/tmp",
        "-u",
        "7:8",
        "-h",
        "box",
        "busybox",
        "sh",
        "-c",
        "echo $A $PWD $(id -u) $(hostname)",
      ],
      out: "1 /tmp 7 box\n",
    },
    {
      title: "passes devices, groups and modes on",
      argv: [
        "--device",
        "/dev/zero:/dev/nil",
        "--group-add",
        "77",
        "--pid",
        "host",
        "busybox",
        "sh",
        "-c",
        "ls /dev/nil",
      ],
      out: "/dev/nil\n",
    },
    {
      title: "refuses what is not supported by name",
      argv: ["--cpu-rt-runtime", "1000", "busybox", "true"],
      code: 125,
      err: /HostConfig.CpuRealtimeRuntime is not supported/,
    },
  ];
  for (const { title, argv, stdin, code = 0, out = "", err = "" } of runs) {
    it(title, async () => {
      const ran = await daemon.docker(["run", "--rm", ...NET, ...argv], stdin === undefined ? {} : { stdin });
      assert.deepEqual([ran.code, ran.out], [code, out]);
      if (typeof err === "string") assert.equal(ran.err, err);
      else assert.match(ran.err, err);
    });
  }

  it("follows a container from its creation to its removal", async () => {
    const id = await daemon.ok(["create", "--name", "box", ...NET, "-i", "busybox", "cat"]);
    assert.equal(await daemon.ok(["ps", "-a", "--format", "{{.Names}} {{.State}}"]), "box created");
    assert.equal(await daemon.ok(["start", "box"]), "box");
    assert.match(
      await daemon.ok(["ps", "--no-trunc", "--format", "{{.ID}} {{.Status}}"]),
      new RegExp(`^${id} Up `),
    );
    assert.equal(await daemon.ok(["exec", "-i", "box", "cat"], { stdin: "in" }), "in");
    assert.deepEqual((await daemon.docker(["exec", "box", "sh", "-c", "exit 5"])).code, 5);
    await daemon.ok(["rename", "box", "case"]);
    assert.equal(await daemon.ok(["inspect", "-f", "{{.Name}} {{.State.Running}}", "case"]), "/case true");
    assert.match(await daemon.ok(["top", "case"]), /cat/);
    const used = ["stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}"];
    assert.equal(await daemon.ok([...used, "case"]), "case 1");
    assert.match((await daemon.docker([...used, "nosuch"])).err, /No such container: nosuch/);
    await daemon.ok(["pause", "case"]);
    assert.match(await daemon.ok(["ps", "--format", "{{.Status}}"]), /\(Paused\)$/);
    await daemon.ok(["unpause", "case"]);
    await daemon.ok(["kill", "-s", "KILL", "case"]);
    assert.equal(await daemon.ok(["wait", "case"]), "137");
    await daemon.ok(["rm", "case"]);
    assert.equal(await daemon.ok(["ps", "-aq"]), "");
  });

  it("gives who follows a log all of it, though the container is removed meanwhile", async () => {
    for (let round = 0; round < 10; round += 1) {
      await daemon.ok(["run", "-d", "--name", "brief", ...NET, "busybox", "echo", "said"]);
      await daemon.ok(["wait", "brief"]);
      const socketPath = daemon.socket;
      const path = "/v1.51/containers/brief/logs?follow=1&stdout=1";
      const [answer] = (await once(request({ socketPath, path }).end(), "response")) as [IncomingMessage];
      await daemon.ok(["rm", "brief"]);
      assert.match(String(await readAll(answer, 1000)), /said\n$/);
    }
  });

  it("keeps output in logs", async () => {
    await daemon.ok([
      "run",
      "--name",
      "talk",
      ...NET,
      "busybox",
      "sh",
      "-c",
      "echo one; echo two >&2; sleep 0.2; echo three",
    ]);
    const both = await daemon.docker(["logs", "talk"]);
    assert.deepEqual([both.out, both.err], ["one\nthree\n", "two\n"]);
    assert.equal(await daemon.ok(["logs", "--tail", "1", "talk"]), "three");
    assert.match(await daemon.ok(["logs", "-t", "talk"]), /^\d{4}-\d\d-\d\dT[\d:.]+Z one\n/);
    await daemon.ok(["rm", "talk"]);
  });

  it("copies files in and out, and tells what changed", async () => {
    await daemon.ok(["create", "--name", "files", ...NET, "busybox", "true"]);
    writeFileSync(daemon.slipway.scratch.join("note"), "remember");
    await daemon.ok(["cp", "note", "files:/tmp/renamed"]);
    await daemon.ok(["cp", "files:/tmp/renamed", "back"]);
    assert.equal(readFileSync(daemon.slipway.scratch.join("back"), "utf8"), "remember");
    assert.equal(await daemon.ok(["diff", "files"]), "C /tmp\nA /tmp/renamed");
    const missing = await daemon.docker(["cp", "files:/nope", "x"]);
    assert.equal(
      missing.err,
      "Error response from daemon: Could not find the file /nope in container files\n",
    );
    mkdirSync(daemon.slipway.scratch.join("tree"));
    writeFileSync(daemon.slipway.scratch.join("tree/etc"), "no directory");
    const refused = await daemon.docker(["cp", "tree/.", "files:/"]);
    assert.match(refused.err, /etc: cannot overwrite directory with non-directory/);
    assert.equal(
      await daemon.ok(["container", "prune", "-f", "--filter", "label=none"]),
      "Total reclaimed space: 0B",
    );
    await daemon.ok(["rm", "files"]);
  });
});
