import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { COMMANDS } from "../../../cli/commands/table.ts";
import { runProgram } from "../../../cli/program.ts";
import type { Engine } from "../../../engine/api.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
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
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const texts = [stdout, stderr].map((stream) => collect(stream));
  stdin.end(options.stdin ?? "");
  const code = await runProgram(
    argv,
    {
      stdin: () => stdin,
      rawMode: () => Promise.reject(new Error("no terminal")),
      stdout,
      stderr,
      env: options.env ?? {},
      cwd: options.cwd ?? "/",
      signals: options.signals ?? new EventEmitter(),
      commands: COMMANDS,
      program: "slipway",
    },
    () => Promise.resolve(fakeEngine(options.answers ?? {}, calls)),
  );
  stdout.end();
  stderr.end();
  const [out = "", err = ""] = await Promise.all(texts);
  return { code, out, err, calls };
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
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
