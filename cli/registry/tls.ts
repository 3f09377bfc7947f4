import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { RegistryListening, RegistryTls } from "../../engine/api.ts";
import { type Context, print } from "../context.ts";
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

/** Undefined: plain HTTP. Throws OPTION_INVALID for flags that do not go together. */
export function tlsOf({ cwd }: Context, flags: FlagValues<typeof TLS_FLAGS>): RegistryTls | undefined {
  const { "tls-cert": cert, "tls-key": key, "tls-name": names } = flags;
  const refuse = (option: string, got: string, want: string): Failure =>
    new Failure("OPTION_INVALID", { option, got, want });
  if (names.length > 0 && !flags.tls) throw refuse("--tls-name", names.join(", "), "--tls beside it");
  if (cert === undefined && key === undefined) return flags.tls ? { names } : undefined;
  if (cert === undefined) throw refuse("--tls-key", key ?? "", "--tls-cert beside it");
  if (key === undefined) throw refuse("--tls-cert", cert, "--tls-key beside it");
  if (flags.tls) throw refuse("--tls", "true", "either --tls or --tls-cert and --tls-key");
  return { cert: resolve(cwd, cert), key: resolve(cwd, key) };
}

/** Says where the registry is, and where docker and slipway look for the authority of one; podman and skopeo look below /etc/containers. */
export async function announce(context: Context, { address, authority }: RegistryListening): Promise<void> {
  await print(context, `Registry listening on ${address}`);
  if (authority === undefined) return;
  const port = address.slice(address.lastIndexOf(":") + 1);
  await print(
    context,
    `Other machines trust it once they have ${authority} as /etc/docker/certs.d/<name of this machine>:${port}/ca.crt`,
  );
}
