import {
  type AddressOptions,
  type EngineAddress,
  type FdAddress,
  invalidAddress,
  parseEngineAddress,
} from "../core/engine-address.ts";

/** Where a daemon is reached. */
export type DaemonAddress = Exclude<EngineAddress, FdAddress>;

/** Reads what `-H` and DOCKER_HOST say. Without a port it is Docker's, which depends on whether TLS is asked for. Throws OPTION_INVALID. */
export function parseAddress(text: string, tls: boolean): DaemonAddress {
  const options: AddressOptions = {
    tls,
    option: "the daemon's address",
    want: "unix:///path/to/socket, tcp://host:port or ssh://[user@]host[:port][/path/to/socket]",
  };
  const address = parseEngineAddress(text, options);
  if (address.kind === "fd" || (address.kind === "tcp" && address.host === ""))
    throw invalidAddress(text, options);
  return address;
}
