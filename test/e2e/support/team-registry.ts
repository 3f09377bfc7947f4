import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { openEngine } from "../../../engine/compose.ts";
import { tarOf } from "../../registry/client/support.ts";
import { type Ran, runCaptured, type Started, startCommand } from "../../support/run-captured.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";

type Environment = Readonly<Record<string, string | undefined>>;

const connectTo = (root: string, env: Environment) => () =>
  openEngine(root, { registries: { env }, ...testedDriver() });

/** A registry on a state root of its own, set up and served by command lines in this process. */
export class TeamRegistry implements AsyncDisposable {
  readonly #scratch = new Scratch();
  readonly root = this.#scratch.join("root");
  #serving: Started | undefined;

  async run(argv: readonly string[], stdin?: string): Promise<Ran> {
    return runCaptured(argv, { env: {}, cwd: "/", stdin }, connectTo(this.root, {}));
  }

  /** Resolves once it listens, with what it said. */
  async serve(argv: readonly string[]): Promise<string> {
    const command = ["registry", "serve", ...argv];
    this.#serving = startCommand(command, { env: {}, cwd: "/" }, connectTo(this.root, {}));
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
    const { env } = this;
    return runCaptured(argv, { env, cwd: "/", stdin }, connectTo(this.#scratch.join("root"), env));
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
