import { isIP } from "node:net";
import { Failure } from "../core/errors.ts";

/** Where a daemon listens. `path` begins every request: "" or "/prefix". */
export type EngineAddress =
  | { readonly kind: "unix"; readonly socket: string; readonly path: "" }
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      /** Whether the scheme asks for TLS, whatever else is said. */
      readonly secure: boolean;
      readonly path: string;
    };

/** Docker's ports: without and with TLS. */
const PORTS = { plain: 2375, tls: 2376 } as const;

const WANT = "unix:///path/to/socket or tcp://host:port";
const invalid = (text: string): Failure =>
  new Failure("OPTION_INVALID", { option: "the daemon's address", got: text, want: WANT });

/**
 * Reads what `-H` and DOCKER_HOST say. Without a port it is Docker's, which depends on whether TLS is asked for. Throws OPTION_INVALID, and
 * OPTION_UNSUPPORTED for ways of reaching a daemon that there are not here.
 */
export function parseAddress(text: string, tls: boolean): EngineAddress {
  const [, scheme, rest = ""] = /^([a-z]+):\/\/(.*)$/.exec(text) ?? [];
  if (scheme === undefined) throw invalid(text);
  if (scheme === "unix") {
    if (!rest.startsWith("/")) throw invalid(text);
    return { kind: "unix", socket: rest, path: "" };
  }
  if (scheme === "ssh")
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: `connecting to ${text}` },
      {
        hint: "forward the socket, as by 'ssh -N -L /tmp/engine.sock:/var/run/docker.sock HOST', and connect to unix:///tmp/engine.sock",
      },
    );
  if (scheme !== "tcp" && scheme !== "http" && scheme !== "https") throw invalid(text);
  return parseTcp(text, rest, { secure: scheme === "https", tls: tls || scheme === "https" });
}

function parseTcp(
  text: string,
  rest: string,
  { secure, tls }: { readonly secure: boolean; readonly tls: boolean },
): EngineAddress {
  // Of no scheme that URL knows a default port for, so that none is taken away.
  const url = URL.canParse(`engine://${rest}`) ? new URL(`engine://${rest}`) : undefined;
  const host = url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (url === undefined || host === "" || url.username !== "" || url.search !== "" || url.hash !== "")
    throw invalid(text);
  if (url.hostname.startsWith("[") && isIP(host) !== 6) throw invalid(text);
  const port = url.port === "" ? (tls ? PORTS.tls : PORTS.plain) : Number(url.port);
  return { kind: "tcp", host, port, secure, path: url.pathname.replace(/\/+$/, "") };
}

/** The address as messages name it. */
export const formatAddress = (address: EngineAddress): string =>
  address.kind === "unix"
    ? `unix://${address.socket}`
    : `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}${address.path}`;
