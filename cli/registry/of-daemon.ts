import { Failure } from "../../core/errors.ts";
import type { RegistryListening, RegistryServeOptions } from "../../engine/api.ts";
import type { Flags, FlagValues } from "../flags.ts";
import { parseAddress } from "./address.ts";
import { REACH_FLAGS, reachOf } from "./reach.ts";
import { trustOf } from "./tls.ts";

const PREFIX = "registry-";
const HOUR_MS = 3_600_000;
const MAX_UPLOADS = 256;

type Prefixed<F extends Flags> = { readonly [K in keyof F & string as `${typeof PREFIX}${K}`]: F[K] };

/** The flags that `registry serve` has too, under names of the daemon's. */
const prefixed = <F extends Flags>(flags: F): Prefixed<F> =>
  Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      PREFIX + name,
      { ...flag, help: flag.help.replaceAll("--", `--${PREFIX}`) },
    ]),
  ) as Prefixed<F>;

/** Flags of the registry that a daemon serves beside Docker's API. */
export const REGISTRY_FLAGS = {
  registry: {
    kind: "string",
    type: "address",
    help: "Also serve the built-in registry, on host:port or :port",
  },
  ...prefixed(REACH_FLAGS),
} as const;

type Values = FlagValues<typeof REGISTRY_FLAGS>;
/** What flags and daemon.json say, under the names of the flags. */
type RegistrySettings = { readonly [K in keyof Values]?: Values[K] | undefined };

/** Undefined when the settings ask for no registry. Throws OPTION_INVALID for what no registry can be served by. */
export function registryOf(
  cwd: string,
  settings: RegistrySettings,
): Omit<RegistryServeOptions, "report"> | undefined {
  const { registry } = settings;
  if (registry === undefined) {
    refuseAlone(settings);
    return undefined;
  }
  return {
    ...parseAddress("--registry", registry),
    ...reachOf({ cwd, flags: reachFlags(settings), flagPrefix: PREFIX }),
    sparse: false,
    collectEveryMs: HOUR_MS,
    graceMs: HOUR_MS,
    maxUploads: MAX_UPLOADS,
  };
}

/** Throws OPTION_INVALID for the first setting of a registry that is not asked for. */
function refuseAlone(settings: RegistrySettings): void {
  const names = Object.keys(REGISTRY_FLAGS) as readonly (keyof Values)[];
  const key = names.find((name) => !["undefined", "false", ""].includes(String(settings[name])));
  if (key === undefined) return;
  const want = "--registry beside it";
  throw new Failure("OPTION_INVALID", { option: `--${key}`, got: String(settings[key]), want });
}

const reachFlags = (settings: RegistrySettings) => ({
  anonymous: settings["registry-anonymous"] ?? false,
  "anonymous-pull": settings["registry-anonymous-pull"] ?? [],
  tls: settings["registry-tls"] ?? false,
  "tls-name": settings["registry-tls-name"] ?? [],
  "tls-cert": settings["registry-tls-cert"],
  "tls-key": settings["registry-tls-key"],
  "plain-http": settings["registry-plain-http"] ?? false,
  "external-url": settings["registry-external-url"],
});

/** What a daemon says once its registry listens. */
export function listeningLines(listening: RegistryListening): readonly string[] {
  const trust = trustOf(listening);
  return [`registry listens on ${listening.address}`, ...(trust === undefined ? [] : [trust])];
}
