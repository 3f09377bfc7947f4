import { isIPv4 } from "node:net";
import { Failure } from "../../core/errors.ts";
import { parseBoolean } from "../../core/go-boolean.ts";

/** What the options of a bridge network say. https://docs.docker.com/engine/network/drivers/bridge/#options */
export interface BridgeSettings {
  /** The bridge's name on the host. */
  readonly link?: string;
  /** Whether its containers reach each other. */
  readonly communication: boolean;
  /** Whether what leaves the network has an address of this host. */
  readonly masquerade: boolean;
  /** Where ports are published that name no address of this host. */
  readonly hostAddress: string;
  readonly mtu?: number;
}

const DEFAULTS: BridgeSettings = { communication: true, masquerade: true, hostAddress: "0.0.0.0" };
/** IFNAMSIZ, without the zero byte; dots and slashes mean something below /proc/sys and /sys. */
const LINK = /^[A-Za-z0-9_-]{1,15}$/;
const HIGHEST_MTU = 65_535;
const SMALLEST_MTU = 68;

const invalid = (option: string, got: string, want: string): Failure =>
  new Failure("NETWORK_INVALID", {
    why: `invalid value ${JSON.stringify(got)} for the network option ${option}: expected ${want}`,
  });

function readBoolean(option: string, text: string): boolean {
  const value = parseBoolean(text);
  if (value === undefined) throw invalid(option, text, "true or false");
  return value;
}

function readMtu(option: string, text: string): number {
  const mtu = Number(text);
  if (!/^\d+$/.test(text) || mtu < SMALLEST_MTU || mtu > HIGHEST_MTU)
    throw invalid(option, text, `a number from ${SMALLEST_MTU} to ${HIGHEST_MTU}`);
  return mtu;
}

const READERS: Readonly<Record<string, (option: string, text: string) => Partial<BridgeSettings>>> = {
  "com.docker.network.bridge.name": (option, text) => {
    if (!LINK.test(text)) throw invalid(option, text, "up to 15 letters, digits, dashes and underscores");
    return { link: text };
  },
  "com.docker.network.bridge.enable_icc": (option, text) => ({ communication: readBoolean(option, text) }),
  "com.docker.network.bridge.enable_ip_masquerade": (option, text) => ({
    masquerade: readBoolean(option, text),
  }),
  "com.docker.network.bridge.host_binding_ipv4": (option, text) => {
    if (!isIPv4(text)) throw invalid(option, text, "an IPv4 address of this host");
    return { hostAddress: text };
  },
  // What Docker's own default network is marked with; any other network cannot become it.
  "com.docker.network.bridge.default_bridge": (option, text) => {
    if (readBoolean(option, text)) throw invalid(option, text, "false");
    return {};
  },
  "com.docker.network.driver.mtu": (option, text) => ({ mtu: readMtu(option, text) }),
};

/** The options that a network has that was asked for none, as Docker tells of its default one. */
export const defaultOptions = ({
  link,
  mtu,
}: {
  readonly link: string;
  readonly mtu: number;
}): Readonly<Record<string, string>> => ({
  "com.docker.network.bridge.default_bridge": "true",
  "com.docker.network.bridge.enable_icc": String(DEFAULTS.communication),
  "com.docker.network.bridge.enable_ip_masquerade": String(DEFAULTS.masquerade),
  "com.docker.network.bridge.host_binding_ipv4": DEFAULTS.hostAddress,
  "com.docker.network.bridge.name": link,
  "com.docker.network.driver.mtu": String(mtu),
});

/** Throws NETWORK_INVALID, and OPTION_UNSUPPORTED for an option that is not in the table. */
export function readBridgeOptions(options: Readonly<Record<string, string>>): BridgeSettings {
  const said = Object.entries(options).map(([option, text]) => {
    const read = Object.hasOwn(READERS, option) ? READERS[option] : undefined;
    if (read === undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `the network option ${option}` });
    return read(option, text);
  });
  return Object.assign({}, DEFAULTS, ...said) as BridgeSettings;
}
