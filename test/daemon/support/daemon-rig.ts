import assert from "node:assert/strict";
import { type ChildProcess, execFile } from "node:child_process";
import type { Context } from "mocha";
import { serveDaemon } from "../../../daemon/daemon.ts";
import type { Engine } from "../../../engine/api.ts";
import { openEngine } from "../../../engine/compose.ts";
import { loadKernel } from "../../../native/binding.ts";
import { Slipway } from "../../e2e/support/slipway.ts";
import { findCommand, requiresCommand } from "../../support/requires.ts";
import type { Ran } from "../../support/run-captured.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import { type Answered, type AskOptions, ask } from "./ask.ts";
import { undescribedAnswers } from "./described.ts";

export interface DockerOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly started?: (client: ChildProcess) => void;
}

/** A daemon in this process, on a state root of its own with busybox:latest in it. */
export class DaemonRig implements AsyncDisposable {
  readonly slipway: Slipway;
  readonly engine: Engine;
  readonly socket: string;
  /** What the daemon logged. */
  readonly lines: string[] = [];
  readonly #stop = new AbortController();
  readonly #served: Promise<void>;

  private constructor(slipway: Slipway, engine: Engine) {
    this.slipway = slipway;
    this.engine = engine;
    this.socket = slipway.scratch.join("daemon.sock");
    this.#served = serveDaemon(
      engine,
      {
        hosts: [`unix://${this.socket}`],
        listen: { group: { name: "docker", required: false }, insecureTcp: false, env: {} },
        live: () => ({ level: "debug", labels: [], shutdownMs: 1000 }),
        findPeer: (fd) => loadKernel().peerCredentials(fd),
        report: (line) => this.lines.push(line),
      },
      this.#stop.signal,
    );
  }

  /** Skips the suite where containers cannot run. */
  static async open(test: Context): Promise<DaemonRig> {
    const slipway = await Slipway.open(test);
    const rig = new DaemonRig(slipway, await openEngine(slipway.root, testedDriver()));
    while (rig.lines.length === 0) await Promise.race([rig.#served, new Promise(setImmediate)]);
    return rig;
  }

  /** Runs docker's client against the daemon. */
  docker(argv: readonly string[], options: DockerOptions = {}): Promise<Ran> {
    const docker = findCommand("docker") ?? "docker";
    const env = {
      PATH: process.env["PATH"],
      HOME: this.slipway.scratch.path,
      DOCKER_HOST: `unix://${this.socket}`,
      DOCKER_BUILDKIT: "0",
      ...options.env,
    };
    return new Promise((resolve) => {
      const child = execFile(
        docker,
        argv,
        { env, cwd: this.slipway.scratch.path, maxBuffer: 1 << 26 },
        (error, out, err) =>
          resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, out, err }),
      );
      options.started?.(child);
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(options.stdin ?? "");
    });
  }

  /** Output of a client's command that must succeed, without the last newline. */
  async ok(argv: readonly string[], options?: DockerOptions): Promise<string> {
    const { code, out, err } = await this.docker(argv, options);
    if (code !== 0) throw new Error(`docker ${argv.join(" ")} ended with ${code}: ${err}`);
    return out.replace(/\n$/, "");
  }

  request(method: string, path: string, options?: AskOptions): Promise<Answered> {
    return ask(this.socket, method, path, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#served;
    await this.engine[Symbol.asyncDispose]();
    await this.slipway[Symbol.asyncDispose]();
    assert.deepEqual(undescribedAnswers(this.lines), [], "answers that docs/api.json does not describe");
  }
}

export const requiresDocker = (test: Context): string => requiresCommand(test, "docker");
