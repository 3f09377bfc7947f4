import type { Server } from "node:net";
import { Failure } from "../../core/errors.ts";
import { isLoopback } from "./address.ts";
import { listening } from "./listening.ts";

export interface TcpTrust {
  /** Whether clients must show a certificate of an authority that is trusted. */
  readonly clientCertificates: boolean;
  /** Whether others than this machine may connect without one. */
  readonly insecure: boolean;
}

/** Listens on a host and port. Rejects with PORT_TAKEN, TCP_EXPOSED. */
export async function listenTcp(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  trust: TcpTrust,
): Promise<void> {
  requireTrust(host, port, trust);
  await listening(server, { host, port });
}

/** Whoever speaks to the API can become root of this machine. Throws TCP_EXPOSED. */
export function requireTrust(host: string, port: number, { clientCertificates, insecure }: TcpTrust): void {
  if (isLoopback(host) || clientCertificates || insecure) return;
  throw new Failure("TCP_EXPOSED", { address: `${host.includes(":") ? `[${host}]` : host}:${port}` });
}
