import type { Context } from "mocha";
import { connect } from "../../../cli/connect.ts";
import type { Engine } from "../../../engine/api.ts";
import { openEngine } from "../../../engine/compose.ts";
import { DaemonRig } from "../../daemon/support/daemon-rig.ts";
import type { Ran } from "../../support/run-captured.ts";
import { testedDriver } from "../../support/snapshot-driver.ts";
import { Slipway } from "./slipway.ts";

type RunOptions = Omit<NonNullable<Parameters<Slipway["run"]>[1]>, "via">;

/** Where a command line has its engine. */
export interface Place extends AsyncDisposable {
  readonly slipway: Slipway;
  run(argv: readonly string[], options?: RunOptions): Promise<Ran>;
  /** The caller disposes it. */
  engine(): Promise<Engine>;
}
interface PlaceKind {
  /** What titles say of it: "" or " through a daemon". */
  readonly title: string;
  /** Skips the suite where containers cannot run. */
  readonly open: (test: Context) => Promise<Place>;
}

/** In the process of the command, and in a daemon: what a command does is the same. */
export const PLACES: readonly PlaceKind[] = [
  {
    title: "",
    open: async (test) => {
      const slipway = await Slipway.open(test);
      return {
        slipway,
        run: (argv, options) => slipway.run(argv, options),
        engine: () => openEngine(slipway.root, testedDriver()),
        [Symbol.asyncDispose]: () => slipway[Symbol.asyncDispose](),
      };
    },
  },
  {
    title: " through a daemon",
    open: async (test) => {
      const rig = await DaemonRig.open(test);
      const { slipway } = rig;
      const host = `unix://${rig.socket}`;
      const env = { PATH: process.env["PATH"] ?? "", HOME: slipway.scratch.path, DOCKER_HOST: host };
      return {
        slipway,
        run: (argv, options) =>
          slipway.run(argv, { ...options, via: { connect, env: { ...env, ...options?.env } } }),
        engine: () =>
          connect({ root: undefined, daemon: {}, env, own: [], insecureRegistries: [], registryMirrors: [] }),
        [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose](),
      };
    },
  },
];
