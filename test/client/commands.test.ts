import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import { after, before, describe, it } from "mocha";
import { connect } from "../../cli/connect.ts";
import { DaemonRig } from "../daemon/support/daemon-rig.ts";
import type { Ran } from "../support/run-captured.ts";

/** A command line; NAME is a container of its own in each run. */
interface Row {
  readonly argv: string;
  /** More words, which may have blanks. */
  readonly more?: readonly string[];
  readonly stdin?: string;
  readonly code?: number;
}

/** In the order in which they are run. "web" is there already, and runs. */
const ROWS: readonly Row[] = [
  { argv: "run --rm busybox echo hello" },
  { argv: "run --rm busybox sh -c", more: ["echo out; echo err >&2; exit 7"], code: 7 },
  { argv: "run --rm -i busybox cat", stdin: "first\nsecond" },
  { argv: "run --rm -t busybox echo terminal" },
  { argv: "run --rm busybox /nosuch", code: 127 },
  { argv: "run --rm busybox /etc", code: 126 },
  { argv: "run --rm nosuch.invalid/image", code: 125 },
  {
    argv: "run --rm -e A=b -w /tmp -u 7 --hostname h --tmpfs /t --memory 64m --add-host x:1.2.3.4 busybox sh -c",
    more: ["id -u; pwd; hostname; echo $A; grep x /etc/hosts"],
  },
  {
    argv: "create --name NAME -l a=b --restart on-failure:3 -v /data busybox sh -c",
    more: ["echo log; cat; exit 3"],
  },
  { argv: "inspect -f", more: ["{{.HostConfig.RestartPolicy}} {{.Config.Labels}} {{len .Mounts}}", "NAME"] },
  { argv: "update --restart no NAME" },
  { argv: "start -a NAME", code: 3 },
  { argv: "logs NAME" },
  { argv: "logs --tail 0 NAME" },
  { argv: "wait NAME" },
  {
    argv: "ps -a --filter name=^NAME$ --format",
    more: ["{{.Names}} {{.Image}} {{.Command}} {{.State}} {{.Labels}}"],
  },
  { argv: "diff NAME" },
  { argv: "cp file NAME:/tmp/" },
  { argv: "cp NAME:/tmp/file -" },
  { argv: "cp NAME:/nosuch .", code: 1 },
  { argv: "commit -m why -c", more: ["ENV C=d", "NAME", "NAME:1"] },
  { argv: "image inspect -f", more: ["{{.Config.Env}} {{.Comment}} {{.RepoTags}}", "NAME:1"] },
  { argv: "tag NAME:1 NAME:2" },
  { argv: "images --format", more: ["{{.Repository}}:{{.Tag}} {{.Size}}", "NAME"] },
  { argv: "history --format", more: ["{{.CreatedBy}} {{.Comment}} {{.Size}}", "NAME:1"] },
  { argv: "rmi NAME:2" },
  { argv: "rmi NAME:1" },
  { argv: "rmi nosuch", code: 1 },
  { argv: "rm nosuch", code: 1 },
  { argv: "rename NAME NAME-new" },
  { argv: "rm -v NAME-new" },
  { argv: "ps --format", more: ["{{.Names}} {{.Ports}} {{.State}} {{.Networks}}"] },
  { argv: "port web" },
  { argv: "exec web sh -c", more: ["echo in; exit 4"], code: 4 },
  { argv: "exec -i web cat", stdin: "typed" },
  { argv: "exec -e A=b -w /tmp -u 7 web sh -c", more: ["echo $A; pwd; id -u"] },
  { argv: "exec nosuch true", code: 1 },
  { argv: "pause web" },
  { argv: "unpause web" },
  { argv: "top web -o pid,args" },
  { argv: "stats --no-stream --format {{.Name}}" },
  { argv: "network create --subnet 10.163.7.0/24 --label a=b NAME" },
  { argv: "network ls --filter label=a --format", more: ["{{.Name}} {{.Driver}} {{.Labels}}"] },
  { argv: "network connect --alias friend NAME web" },
  { argv: "exec web grep -c 10.163.7.0 /proc/net/route", code: 1 },
  { argv: "network disconnect NAME web" },
  { argv: "network rm NAME" },
  { argv: "network rm -f NAME" },
  { argv: "volume create --label a=b NAME" },
  { argv: "volume ls --filter name=NAME --format", more: ["{{.Name}} {{.Driver}} {{.Labels}}"] },
  { argv: "volume inspect -f {{.Name}} NAME" },
  { argv: "volume rm NAME" },
  { argv: "volume rm NAME", code: 1 },
  { argv: "inspect nosuch", code: 1 },
  { argv: "doctor" },
  { argv: "system check --quick" },
  { argv: "version" },
  { argv: "info --format", more: ["{{.Driver}} {{.ServerVersion}} {{.DockerRootDir}}"] },
];

const IDS = /\b[0-9a-f]{64}\b|\b[0-9a-f]{12}\b/g;

/** What differs from run to run: ids, and the names of this side. */
const normal = ({ code, out, err }: Ran, name: string): Ran => {
  const clean = (text: string) => text.replace(IDS, "<id>").replaceAll(name, "NAME");
  return { code, out: clean(out), err: clean(err) };
};

describe("a command through a daemon", () => {
  let rig: DaemonRig;
  const here: Ran[] = [];
  before(async function () {
    rig = await DaemonRig.open(this);
    writeFileSync(rig.slipway.scratch.join("file"), "content\n");
    await rig.slipway.ok(["run", "-d", "--name", "web", "-p", "127.0.0.1::80", "busybox", "sleep", "600"]);
    // One after the other, as what is made of one name must be gone before it is made of another.
    for (const row of ROWS) here.push(await run(row, "here"));
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const via = () => ({
    connect,
    env: {
      PATH: process.env["PATH"] ?? "",
      DOCKER_HOST: `unix://${rig.socket}`,
      HOME: rig.slipway.scratch.path,
    },
  });
  const run = async ({ argv, more = [], stdin }: Row, where: "here" | "there"): Promise<Ran> => {
    const name = where === "here" ? "embedded" : "throughit";
    const words = [...argv.split(" "), ...more].map((word) => word.replaceAll("NAME", name));
    const options = {
      ...(stdin === undefined ? {} : { stdin }),
      ...(where === "here" ? {} : { via: via() }),
    };
    const ran = await rig.slipway.run(words, options);
    return normal(ran, name);
  };

  for (const [index, row] of ROWS.entries()) {
    it(`does as without one: ${[row.argv, ...(row.more ?? [])].join(" ")}`, async () => {
      const there = await run(row, "there");
      const { code, out, err } = here[index] ?? { code: -1, out: "", err: "" };
      assert.deepEqual([there.code, there.out], [code, out], `${there.err}\n${err}`);
      assert.equal(code, row.code ?? 0, err);
    });
  }

  it("says why a program inside a container did not begin where its output would be, as docker's client does", async () => {
    const { code, out } = await run({ argv: "exec web nosuch" }, "there");
    assert.equal(code, 127);
    assert.match(out, /exec: "nosuch": executable file not found/);
  });

  it("misses no end, however short a process is", async () => {
    for (let times = 0; times < 5; times += 1) {
      const { code } = await run({ argv: "run --rm busybox sh -c", more: ["exit 9"] }, "there");
      assert.equal(code, 9);
    }
  });

  it("hands signals on and ends with the code of the process", async () => {
    const signals = new EventEmitter();
    const script = "trap 'exit 12' TERM; echo ready; while :; do sleep 0.1; done";
    const running = rig.slipway.run(["run", "--name", "trapped", "busybox", "sh", "-c", script], {
      signals,
      via: via(),
    });
    while (!(await rig.slipway.run(["logs", "trapped"])).out.includes("ready"));
    signals.emit("SIGTERM", "SIGTERM");
    assert.equal((await running).code, 12);
  });

  const refused: readonly [argv: string, why: RegExp][] = [
    [
      "registry serve",
      /serving the registry cannot be done through a daemon\nhint: let the daemon serve it: slipway daemon --registry :5000$/m,
    ],
    ["--registry-mirror http://x images", /conflicting options: --registry-mirror and the daemon at unix:/],
  ];
  for (const [argv, why] of refused)
    it(`refuses "${argv}" by name`, async () => {
      const { code, out, err } = await run({ argv }, "there");
      assert.deepEqual([code, out], [1, ""]);
      assert.match(err, why);
    });

  it("says so where nobody listens", async () => {
    const env = { DOCKER_HOST: `unix://${rig.slipway.scratch.join("nobody.sock")}` };
    const { code, err } = await rig.slipway.run(["ps"], { via: { connect, env } });
    assert.equal(code, 1);
    assert.match(
      err,
      /cannot connect to the Docker daemon at unix:\/\/.*nobody\.sock.*no such file or directory/,
    );
  });
});
