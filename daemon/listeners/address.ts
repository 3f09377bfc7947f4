import {
  type AddressOptions,
  type FdAddress,
  invalidAddress,
  parseEngineAddress,
  type TcpAddress,
  type UnixAddress,
} from "../../core/engine-address.ts";

/** Where an API is listened for. */
export type Address = UnixAddress | TcpAddress | FdAddress;

const LOOPBACK = "127.0.0.1";

/** Reads "unix:///run/x.sock", "tcp://127.0.0.1:2375", "fd://", as dockerd's -H takes them. Throws OPTION_INVALID. */
export function parseAddress(text: string, { tls }: { readonly tls: boolean }): Address {
  const want = "unix:///path, tcp://[host][:port] or fd://[name]";
  const options: AddressOptions = { tls, option: "--host", want };
  const address = parseEngineAddress(text, options);
  // Other schemes of TCP, and a path, say how one connects.
  if (address.kind === "ssh" || (address.kind === "tcp" && (address.path !== "" || !text.startsWith("tcp:"))))
    throw invalidAddress(text, options);
  return address.kind === "tcp" && address.host === "" ? { ...address, host: LOOPBACK } : address;
}

/** Whether only this machine can reach it. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
