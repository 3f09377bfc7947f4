import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Normaliser } from "./normalise.ts";
import { type Answer, type Scenario, type Step, words } from "./scenario.ts";

export interface Target {
  readonly docker: string;
  /** DOCKER_HOST. */
  readonly host: string;
}

const PATIENCE_MS = 20_000;

/** Runs the commands of a scenario one after the other. */
export async function runScenario(target: Target, { steps }: Scenario): Promise<readonly Answer[]> {
  const directory = mkdtempSync(join(tmpdir(), "slipway-comparison-"));
  const normaliser = new Normaliser();
  try {
    const answers: Answer[] = [];
    for (const step of steps) {
      const { code, out, err } = await runStep(target, step, directory);
      const [cleanOut, cleanErr] = [out, err].map((text) => normaliser.text(text, directory));
      const text = step.sorted === true ? sorted(cleanOut ?? "") : cleanOut;
      answers.push({ command: step.command, code, out: text ?? "", err: cleanErr ?? "" });
    }
    return answers;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Lines, and elements of lists in JSON, in order. */
const sorted = (text: string): string =>
  text
    .split("\n")
    .map((line) =>
      line.replace(/\[(.*)\]/, (_whole, list: string) => `[${list.split(",").sort(byCode).join(",")}]`),
    )
    .sort(byCode)
    .join("\n");
const byCode = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

type Ran = Omit<Answer, "command">;

async function runStep(target: Target, step: Step, directory: string): Promise<Ran> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const ran = await run(target, step, directory);
    if (step.until === undefined || step.until.test(ran.out) || Date.now() > deadline) return ran;
    await sleep(50);
  }
}

function run({ docker, host }: Target, { command, stdin = "" }: Step, directory: string): Promise<Ran> {
  const home = join(directory, "home");
  mkdirSync(home, { recursive: true });
  const env = { PATH: process.env["PATH"], HOME: home, DOCKER_HOST: host, DOCKER_BUILDKIT: "0", TZ: "UTC" };
  return new Promise((resolve) => {
    const child = execFile(docker, words(command), { env, cwd: directory }, (error, out, err) =>
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, out, err }),
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin);
  });
}
