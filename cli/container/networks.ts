import { Failure } from "../../core/errors.ts";
import type { ContainerCreate, EndpointConfig } from "../../engine/api.ts";

type Wanted = Partial<EndpointConfig>;

export interface NetworkFlags {
  readonly network: readonly string[];
  readonly net: readonly string[];
  readonly "network-alias": readonly string[];
  readonly ip: string | undefined;
  readonly ip6: string | undefined;
  readonly "mac-address": string | undefined;
  readonly link: readonly string[];
}

interface Asked {
  readonly mode: string;
  readonly networks: NonNullable<ContainerCreate["networks"]>;
}

const refuse = (got: string, want: string): Failure =>
  new Failure("OPTION_INVALID", { option: "--network", got, want });

/** Reads `--network name` and `--network name=…,alias=…,ip=…`, and the flags that are about the first of them. Throws OPTION_INVALID, OPTION_UNSUPPORTED. */
export function readNetworks(flags: NetworkFlags): Asked {
  const named = [...flags.network, ...flags.net].map(readNetwork);
  const [first = { name: "default", config: {} }, ...others] = named;
  const config = withFlags(first.config, flags);
  const all = [{ name: first.name, config }, ...others];
  for (const { name } of all)
    if (all.filter((each) => each.name === name).length > 1)
      throw refuse(name, `each network once: network ${JSON.stringify(name)} is specified multiple times`);
  const said = all.filter((each, index) => index > 0 || Object.keys(each.config).length > 0);
  return {
    mode: first.name,
    networks: Object.fromEntries(said.map((each) => [each.name, each.config])),
  };
}

/** What `--network-alias`, `--ip`, `--ip6` and `--mac-address` add to the first network, unless it says so itself. */
function withFlags(config: Wanted, flags: NetworkFlags): Wanted {
  const given: Wanted = {
    ...(flags["network-alias"].length > 0 ? { aliases: flags["network-alias"] } : {}),
    ...(flags.ip === undefined ? {} : { address: flags.ip }),
    ...(flags.ip6 === undefined ? {} : { address6: flags.ip6 }),
    ...(flags["mac-address"] === undefined ? {} : { mac: flags["mac-address"] }),
  };
  for (const [key, { flag }] of Object.entries(FLAG_OF))
    if (key in config && key in given)
      throw new Failure("OPTIONS_CONFLICT", { one: flag, other: `a network's own ${key}` });
  return { ...config, ...given };
}

const FLAG_OF = {
  aliases: { flag: "--network-alias" },
  address: { flag: "--ip" },
  address6: { flag: "--ip6" },
  mac: { flag: "--mac-address" },
} as const;

type Read = (config: Wanted, value: string) => Wanted;

/** The fields of the long form: https://docs.docker.com/reference/cli/docker/container/run/#network */
const FIELDS: Readonly<Record<string, Read>> = {
  alias: (config, value) => ({ ...config, aliases: [...(config.aliases ?? []), value] }),
  ip: (config, value) => ({ ...config, address: value }),
  ip6: (config, value) => ({ ...config, address6: value }),
  "mac-address": (config, value) => ({ ...config, mac: value }),
  "gw-priority": (config, value) => {
    if (!/^-?\d{1,9}$/.test(value)) throw refuse(value, "a number as gw-priority");
    return { ...config, gatewayPriority: Number(value) };
  },
};

function readNetwork(text: string): { readonly name: string; readonly config: Wanted } {
  if (!text.includes("=")) return { name: text, config: {} };
  let name = "";
  let config: Wanted = {};
  for (const field of text.split(",")) {
    const at = field.indexOf("=");
    const [key, value] = [field.slice(0, Math.max(at, 0)).trim().toLowerCase(), field.slice(at + 1)];
    if (at < 1) throw refuse(field, "key=value");
    if (key === "name") {
      name = value;
      continue;
    }
    const read = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
    if (read === undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `--network ${key}` });
    config = read(config, value);
  }
  if (name === "") throw refuse(text, "a network's name");
  return { name, config };
}
