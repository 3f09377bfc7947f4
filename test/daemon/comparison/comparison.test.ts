import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual, promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { requiresPeer } from "../../support/requires.ts";
import { DaemonRig, requiresDocker } from "../support/daemon-rig.ts";
import { runScenario } from "./run.ts";
import type { Answer, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/all.ts";

/** Answers of the real engine; with UPDATE=1 those of the engine at DOCKER_HOST take their place. */
interface Recording {
  /** The client words much of what is printed. */
  readonly client: string;
  readonly engine: string;
  readonly answers: readonly Answer[];
}

const UPDATE = process.env["UPDATE"] === "1";

const fileOf = ({ name }: Scenario): URL =>
  new URL(`recorded/${name.replaceAll(" ", "-")}.json`, import.meta.url);

async function version(docker: string, host: string): Promise<readonly [client: string, engine: string]> {
  const format = "{{.Client.Version}} {{.Server.Version}}";
  const env = { ...process.env, DOCKER_HOST: host };
  // The engine may be in this process: it must not be blocked.
  const { stdout } = await promisify(execFile)(docker, ["version", "-f", format], { env });
  const [client = "", engine = ""] = stdout.trim().split(" ");
  return [client, engine];
}

const major = (text: string): string => text.split(".", 1)[0] ?? "";

describe("docker's client, beside the real engine", () => {
  let daemon: DaemonRig;
  let docker: string;
  before(async function () {
    docker = requiresDocker(this);
    if (UPDATE) requiresPeer(this);
    daemon = await DaemonRig.open(this);
    // A name of its own: the engine it is recorded from may have another image of that name.
    await daemon.ok(["tag", "busybox", "comparison/base"]);
    await daemon.ok(["rmi", "busybox"]);
    if (UPDATE) {
      await daemon.ok(["save", "-o", "base.tar", "comparison/base"]);
      await promisify(execFile)(docker, ["load", "-q", "-i", daemon.slipway.scratch.join("base.tar")]);
    }
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  for (const scenario of SCENARIOS) {
    it(`answers alike: ${scenario.name}`, async function () {
      this.timeout(120_000);
      if (UPDATE) await record(docker, scenario);
      const { client, answers: theirs } = JSON.parse(readFileSync(fileOf(scenario), "utf8")) as Recording;
      const host = `unix://${daemon.socket}`;
      const [own] = await version(docker, host);
      if (major(own) !== major(client)) return this.skip();
      const ours = await runScenario({ docker, host }, scenario);
      assert.deepEqual(complaints(scenario, ours, theirs), []);
    });
  }
});

async function record(docker: string, scenario: Scenario): Promise<void> {
  const host = process.env["DOCKER_HOST"] ?? "";
  const [client, engine] = await version(docker, host);
  const recording: Recording = { client, engine, answers: await runScenario({ docker, host }, scenario) };
  writeFileSync(fileOf(scenario), `${JSON.stringify(recording, undefined, 2)}\n`);
}

/** What is wrong with our answers, a step each: undeclared differences, declared ones that are no more, other exit codes. */
function complaints(
  { steps }: Scenario,
  ours: readonly Answer[],
  theirs: readonly Answer[],
): readonly unknown[] {
  return steps.flatMap<unknown>(({ command, differs, code }, i) => {
    const [own, other] = [ours[i], theirs[i]];
    const same = isDeepStrictEqual(own, other);
    if (differs === undefined) return same ? [] : [{ ours: own, theirs: other }];
    if (same) return [`${command}: ${differs}: is no more`];
    return own?.code === (code ?? other?.code) ? [] : [`${command}: ended with ${own?.code}: ${own?.err}`];
  });
}
