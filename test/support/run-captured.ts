import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { COMMANDS } from "../../cli/commands/table.ts";
import { type Connect, runProgram } from "../../cli/program.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface CommandOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin?: string | Buffer | undefined;
  readonly signals?: EventEmitter | undefined;
}

export interface Started {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly signals: EventEmitter;
  /** What it ends with. */
  readonly code: Promise<number>;
}

/** Starts a command line in this process, without a terminal. */
export function startCommand(
  argv: readonly string[],
  { env, cwd, stdin: input = "", signals = new EventEmitter() }: CommandOptions,
  connect: Connect,
): Started {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(input);
  const code = runProgram(
    argv,
    {
      stdin: () => stdin,
      rawMode: () => Promise.reject(new Error("no terminal")),
      stdout,
      stderr,
      env,
      cwd,
      signals,
      commands: COMMANDS,
      program: "slipway",
    },
    connect,
  );
  return { stdout, stderr, signals, code };
}

/** The same until it has ended, with what it wrote. */
export async function runCaptured(
  argv: readonly string[],
  options: CommandOptions,
  connect: Connect,
): Promise<Ran> {
  const { stdout, stderr, code: ended } = startCommand(argv, options, connect);
  const texts = [collect(stdout), collect(stderr)];
  const code = await ended;
  stdout.end();
  stderr.end();
  const [out = "", err = ""] = await Promise.all(texts);
  return { code, out, err };
}

async function collect(stream: PassThrough): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
