import { Failure } from "../../core/errors.ts";

/** Where an API is listened for. */
export type Address =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** Sockets that systemd opened: all of them, or that of a name or number. */
  | { readonly kind: "fd"; readonly which: string };

const PORT = { plain: 2375, tls: 2376 } as const;

/** Reads "unix:///run/x.sock", "tcp://127.0.0.1:2375", "fd://", as dockerd's -H takes them. Throws OPTION_INVALID. */
export function parseAddress(text: string, { tls }: { readonly tls: boolean }): Address {
  const [, scheme = "", rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === "unix" && rest.startsWith("/")) return { kind: "unix", path: rest };
  if (scheme === "fd") return { kind: "fd", which: rest };
  if (scheme === "tcp") {
    const [whole, bracketed, name = "", digits] =
      /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/]*))(?::(\d{1,5}))?\/?$/.exec(rest) ?? [];
    const port = digits === undefined ? PORT[tls ? "tls" : "plain"] : Number(digits);
    const host = bracketed ?? name;
    if (whole !== undefined && port < 65_536)
      return { kind: "tcp", host: host === "" ? "127.0.0.1" : host, port };
  }
  throw new Failure("OPTION_INVALID", {
    option: "--host",
    got: text,
    want: "unix:///path, tcp://[host][:port] or fd://[name]",
  });
}

export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix://${address.path}`;
  if (address.kind === "fd") return `fd://${address.which}`;
  const { host, port } = address;
  return `tcp://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Whether only this machine can reach it. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
