import type { EventEmitter } from "node:events";
import type { Engine } from "../../../engine/api.ts";
import { type Ran as Captured, runCaptured } from "../../support/run-captured.ts";

export interface Ran extends Captured {
  /** Calls the command made, as "service.method" with the arguments. */
  readonly calls: readonly (readonly [method: string, ...args: unknown[]])[];
}

/** Answers of a fake engine by "service.method"; a function is called, anything else is what the call resolves with. */
export type Answers = Readonly<Record<string, unknown>>;

/** Runs a command line in this process over a fake engine. */
export async function runCli(
  argv: readonly string[],
  options: {
    readonly answers?: Answers;
    readonly stdin?: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly cwd?: string;
    readonly signals?: EventEmitter;
  } = {},
): Promise<Ran> {
  const calls: [string, ...unknown[]][] = [];
  const { answers = {}, env = {}, cwd = "/", ...rest } = options;
  const ran = await runCaptured(argv, { env, cwd, ...rest }, async () => fakeEngine(answers, calls));
  return { ...ran, calls };
}

function fakeEngine(answers: Answers, calls: [string, ...unknown[]][]): Engine {
  const service = (name: string) =>
    new Proxy(
      {},
      {
        get: (_target, method) => {
          const key = `${name}.${String(method)}`;
          return (...args: unknown[]) => {
            calls.push([key, ...args]);
            if (!(key in answers)) throw new Error(`the fake engine has no answer to ${key}`);
            const answer = answers[key];
            return typeof answer === "function" ? answer(...args) : Promise.resolve(answer);
          };
        },
      },
    );
  const names = [
    "images",
    "containers",
    "builds",
    "buildHistory",
    "volumes",
    "networks",
    "system",
    "registry",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, service(name)])),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as Engine;
}
