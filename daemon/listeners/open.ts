import { createServer, type Server as HttpServer } from "node:http";
import type { ServerOptions, Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { formatEngineAddress } from "../../core/engine-address.ts";
import { Failure } from "../../core/errors.ts";
import type { ApiServer } from "../http/api-server.ts";
import { activatedSockets } from "./activated.ts";
import { type Address, parseAddress } from "./address.ts";
import { listening } from "./listening.ts";
import { listenTcp, requireTrust, type TcpTrust } from "./tcp.ts";
import { type TlsFiles, tlsServers } from "./tls.ts";
import { listenUnix, type UnixOptions } from "./unix.ts";

export interface ListenOptions extends UnixOptions {
  /** For tcp. */
  readonly tls?: TlsFiles;
  /** Whether others than this machine may use tcp without a client's certificate. */
  readonly insecureTcp: boolean;
  /** Where systemd says what it opened. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
export type ApiListener = HttpServer | TlsServer;

/** Opens what a host names, one listener or, for sockets of systemd, several. `opened` gets each before it listens: the caller closes it. */
export async function openListeners(
  api: ApiServer,
  host: string,
  options: ListenOptions,
  opened: (listener: ApiListener) => void,
): Promise<readonly string[]> {
  const { tls } = options;
  const address = parseAddress(host, { tls: tls !== undefined });
  const trust: TcpTrust = { clientCertificates: tls?.ca !== undefined, insecure: options.insecureTcp };
  const make = (secure: boolean): ApiListener => {
    const listener = secure && tls !== undefined ? api.create(secureServers(tls)) : api.create(createServer);
    opened(listener);
    return listener;
  };
  if (address.kind === "fd") return openActivated(address, options, { make, trust });
  const listener = make(address.kind === "tcp");
  if (address.kind === "unix") await listenUnix(listener, address.socket, options);
  else await listenTcp(listener, address, trust);
  return [formatEngineAddress(bound(address, listener))];
}

const secureServers = (tls: TlsFiles) => {
  const make = tlsServers(tls);
  return (options: ServerOptions): TlsServer => make(options);
};

/** With the port that the system chose when 0 was asked for. */
function bound(address: Address, listener: ApiListener): Address {
  const info = listener.address();
  return address.kind === "tcp" && typeof info === "object" && info !== null
    ? { ...address, port: info.port }
    : address;
}

async function openActivated(
  { which }: Extract<Address, { kind: "fd" }>,
  { env }: ListenOptions,
  { make, trust }: { readonly make: (secure: boolean) => ApiListener; readonly trust: TcpTrust },
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { fd, name, kind } of activatedSockets(which, env)) {
    const listener = make(kind === "tcp");
    await listening(listener, { fd });
    const info = listener.address();
    if (kind === "tcp") requireTrust(...hostAndPort(info), trust);
    names.push(`fd://${name === "" ? fd : name}`);
  }
  return names;
}

function hostAndPort(info: AddressInfo | string | null): readonly [host: string, port: number] {
  if (typeof info === "object" && info !== null) return [info.address, info.port];
  throw new Failure("OPTION_INVALID", {
    option: "--host",
    got: "fd://",
    want: "a socket of TCP or of the file system",
  });
}
