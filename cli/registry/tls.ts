import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { RegistryListening, RegistryTls } from "../../engine/api.ts";
import type { FlagValues } from "../flags.ts";

/** Flags that say where a registry's certificate comes from. */
export const TLS_FLAGS = {
  tls: {
    kind: "bool",
    help: "Serve TLS with a certificate of the registry's own authority, made when there is none",
  },
  "tls-name": {
    kind: "list",
    type: "name",
    help: "Name or address clients know this machine by, besides its own, for --tls",
  },
  "tls-cert": { kind: "string", type: "file", help: "Serve TLS with this certificate and its chain" },
  "tls-key": { kind: "string", type: "file", help: "Private key of --tls-cert" },
} as const;

/** `flag`: how the command spells a flag of the table. Undefined: plain HTTP. Throws OPTION_INVALID for flags that do not go together. */
export function tlsOf(
  cwd: string,
  flags: FlagValues<typeof TLS_FLAGS>,
  flag: (name: keyof typeof TLS_FLAGS) => string,
): RegistryTls | undefined {
  const { "tls-cert": cert, "tls-key": key, "tls-name": names } = flags;
  const refuse = (name: keyof typeof TLS_FLAGS, got: string, want: string): Failure =>
    new Failure("OPTION_INVALID", { option: flag(name), got, want });
  if (names.length > 0 && !flags.tls) throw refuse("tls-name", names.join(", "), `${flag("tls")} beside it`);
  if (cert === undefined && key === undefined) return flags.tls ? { names } : undefined;
  if (cert === undefined) throw refuse("tls-key", key ?? "", `${flag("tls-cert")} beside it`);
  if (key === undefined) throw refuse("tls-cert", cert, `${flag("tls-key")} beside it`);
  if (flags.tls)
    throw refuse("tls", "true", `either ${flag("tls")} or ${flag("tls-cert")} and ${flag("tls-key")}`);
  return { cert: resolve(cwd, cert), key: resolve(cwd, key) };
}

/** Where docker and slipway look for the authority of a registry that has its own; podman and skopeo look below /etc/containers. */
export function trustOf({ address, authority }: RegistryListening): string | undefined {
  if (authority === undefined) return undefined;
  const port = address.slice(address.lastIndexOf(":") + 1);
  return `Other machines trust it once they have ${authority} as /etc/docker/certs.d/<name of this machine>:${port}/ca.crt`;
}
