import type { EventEmitter } from "node:events";
import type { Context } from "mocha";
import type { Connect } from "../../../cli/program.ts";
import { openEngine } from "../../../engine/compose.ts";
import { loadKernel } from "../../../native/binding.ts";
import { openNetworks } from "../../../runtime/network/open-networks.ts";
import { openStore } from "../../../store/open-store.ts";
import { type Ran, runCaptured } from "../../support/run-captured.ts";
import { requiresContainers } from "../../support/runtime-rig.ts";
import { Scratch } from "../../support/scratch.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";

export type { Ran };

/** A state root of its own with busybox:latest in it, and the command line over it, in this process. */
export class Slipway implements AsyncDisposable {
  readonly scratch = new Scratch();
  readonly root = this.scratch.join("root");

  /** Skips the suite where containers cannot run. */
  static async open(test: Context): Promise<Slipway> {
    const tar = requiresContainers(test);
    const slipway = new Slipway();
    await slipway.ok(["import", "-c", 'CMD ["sh"]', tar, "busybox:latest"]);
    return slipway;
  }

  async run(
    argv: readonly string[],
    options: {
      readonly stdin?: string | Buffer;
      readonly signals?: EventEmitter;
      readonly cwd?: string;
      /** Beside what this process has. */
      readonly env?: Readonly<Record<string, string>>;
      /** Where to go instead of the state root, by what the command line and these variables say. */
      readonly via?: { readonly connect: Connect; readonly env: Readonly<Record<string, string>> };
    } = {},
  ): Promise<Ran> {
    const { via, env, cwd = this.scratch.path, ...rest } = options;
    return runCaptured(
      argv,
      { env: via?.env ?? { ...process.env, ...env }, cwd, ...rest },
      via?.connect ?? (() => openEngine(this.root, testedDriver())),
    );
  }

  /** Output of a command that must succeed, without the last newline. */
  async ok(argv: readonly string[], options?: Parameters<Slipway["run"]>[1]): Promise<string> {
    const { code, out, err } = await this.run(argv, options);
    if (code !== 0) throw new Error(`slipway ${argv.join(" ")} ended with ${code}: ${err}`);
    return out.replace(/\n$/, "");
  }

  /** What happened to a container, as `events` tells it, oldest first; only of the kind `event`, if that is said. */
  async actions(id: string, event?: string): Promise<readonly string[]> {
    const filters = [`container=${id}`, ...(event === undefined ? [] : [`event=${event}`])];
    const flags = filters.flatMap((filter) => ["--filter", filter]);
    const told = await this.ok(["events", "--since=1h", "--until=0s", "--format={{.Action}}", ...flags]);
    return told.split("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ids = await this.ok(["ps", "-aq"]);
    if (ids !== "") await this.run(["rm", "-f", "-v", ...ids.split("\n")]);
    await this.#removeBridges();
    this.scratch[Symbol.dispose]();
  }

  async #removeBridges(): Promise<void> {
    const kernel = loadKernel();
    await using store = await openStore(this.root, { kernel });
    const networks = openNetworks(store, kernel);
    for (const network of networks.list()) await networks.driverOf(network).delete(network);
  }
}
