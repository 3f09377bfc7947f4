import { once } from "node:events";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { formatEngineAddress } from "../core/engine-address.ts";
import { Failure } from "../core/errors.ts";
import { type DaemonAddress, parseAddress } from "./address.ts";
import type { RemoteSettings } from "./connect.ts";
import { dialSsh } from "./ssh.ts";
import { readTls } from "./tls.ts";

/** A connection to a daemon's socket, for what speaks to it itself; the caller is its owner. Rejects as connectEngine() does. */
export async function dialDaemon({ host, tls }: Pick<RemoteSettings, "host" | "tls">): Promise<Duplex> {
  const address = parseAddress(host, tls !== undefined);
  if (address.kind === "ssh") return dialSsh(address);
  const [socket, event] = open(address, tls);
  try {
    await once(socket, event);
    return socket;
  } catch (cause) {
    const why = (cause as Error).message;
    throw new Failure("DAEMON_UNREACHABLE", { address: formatEngineAddress(address), why }, { cause });
  }
}

function open(
  address: Exclude<DaemonAddress, { kind: "ssh" }>,
  tls: RemoteSettings["tls"],
): readonly [socket: Duplex, connected: string] {
  const allowHalfOpen = true;
  if (address.kind === "unix") return [connect({ path: address.socket, allowHalfOpen }), "connect"];
  const { host, port, secure } = address;
  if (tls === undefined && !secure) return [connect({ host, port, allowHalfOpen }), "connect"];
  const { verify, ...files } = tls === undefined ? { verify: true } : { ...readTls(tls), verify: tls.verify };
  return [connectTls({ host, port, ...files, rejectUnauthorized: verify }), "secureConnect"];
}
