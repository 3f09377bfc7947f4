import type { RegistryServeOptions } from "../../engine/api.ts";
import type { FlagValues } from "../flags.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const PROXY_FLAGS = {
  proxy: {
    kind: "list",
    type: "[prefix=]url",
    help: "Upstream whose images repositories below the prefix, or all, are copies of; asked for what is not here",
  },
  "proxy-ttl": {
    kind: "duration",
    default: MINUTE_MS,
    help: "How long a copied tag is served before the upstream is asked for it again",
  },
  "proxy-keep": {
    kind: "duration",
    default: 30 * DAY_MS,
    help: "How long copies stay that nobody uses; 0 for ever",
  },
} as const;

export const proxiesOf = (flags: FlagValues<typeof PROXY_FLAGS>): Pick<RegistryServeOptions, "proxies"> =>
  flags.proxy.length === 0
    ? {}
    : {
        proxies: { upstreams: flags.proxy, ttlMs: flags["proxy-ttl"], keepMs: flags["proxy-keep"] },
      };
