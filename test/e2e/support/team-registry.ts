import { EventEmitter, once } from "node:events";
import { networkInterfaces } from "node:os";
import { PassThrough } from "node:stream";
import { COMMANDS } from "../../../cli/commands/table.ts";
import { runProgram } from "../../../cli/program.ts";
import { openEngine } from "../../../engine/compose.ts";
import { tarOf } from "../../registry/client/support.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import type { Ran } from "./slipway.ts";

interface Running {
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly signals: EventEmitter;
  readonly code: Promise<number>;
}

function start(
  root: string,
  argv: readonly string[],
  { stdin = "", env = {} }: { readonly stdin?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const [input, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  input.end(stdin);
  const signals = new EventEmitter();
  const process = {
    stdin: () => input,
    stdout,
    stderr,
    signals,
    env,
    cwd: "/",
    commands: COMMANDS,
    program: "slipway",
  };
  const rawMode = () => Promise.reject(new Error("no terminal"));
  const code = runProgram(argv, { ...process, rawMode }, () =>
    openEngine(root, { registries: { env }, ...testedDriver() }),
  );
  return { stdout, stderr, signals, code };
}

async function finish({ stdout, stderr, code }: Running): Promise<Ran> {
  const status = await code;
  const read = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code: status, out: read(stdout), err: read(stderr) };
}

/** A registry on a state root of its own, set up and served by command lines in this process. */
export class TeamRegistry implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly root = this.#scratch.join("root");
  #serving: Running | undefined;

  async run(argv: readonly string[], stdin?: string): Promise<Ran> {
    return finish(start(this.root, argv, stdin === undefined ? {} : { stdin }));
  }

  /** Resolves once it listens, with what it said. */
  async serve(argv: readonly string[]): Promise<string> {
    this.#serving = start(this.root, ["registry", "serve", ...argv]);
    const { stdout, code } = this.#serving;
    let said = "";
    while (!said.includes("trust it once")) {
      const [chunk] = (await Promise.race([once(stdout, "data"), code.then(() => [undefined])])) as [Buffer?];
      if (chunk === undefined) throw new Error(`the registry ended: ${this.#serving.stderr.read()}`);
      said += String(chunk);
    }
    return said;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#serving?.signals.emit("SIGTERM", "SIGTERM");
    await this.#serving?.code;
    this.#scratch[Symbol.dispose]();
  }
}

/** Somebody at another machine: a store, a docker configuration and authorities of their own. */
export class TeamMember implements Disposable {
  readonly #scratch = new Scratch();
  readonly env: NodeJS.ProcessEnv;

  constructor(authority: string) {
    this.env = {
      PATH: process.env["PATH"],
      DOCKER_CONFIG: this.#scratch.join("docker"),
      SSL_CERT_FILE: authority,
    };
  }

  run(argv: readonly string[], stdin = ""): Promise<Ran> {
    return finish(start(this.#scratch.join("root"), argv, { stdin, env: this.env }));
  }

  /** A small image under a name. */
  async make(name: string): Promise<void> {
    const { code, err } = await this.run(["import", "-", name], tarOf("file", name).toString("latin1"));
    if (code !== 0) throw new Error(err);
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

/** An address of this machine that is no loopback one, where certificates count; undefined when it has none. */
export const outerAddress = (): string | undefined =>
  Object.values(networkInterfaces())
    .flat()
    .find((address) => address !== undefined && !address.internal && address.family === "IPv4")?.address;
