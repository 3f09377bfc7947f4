import type { Server } from "node:http";
import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import type { Engine } from "../engine/api.ts";
import { ApiServer, type Exchange } from "./http/api-server.ts";
import { API, formatVersion } from "./http/version.ts";
import { formatAddress, parseAddress } from "./listeners/address.ts";
import { listenUnix } from "./listeners/unix.ts";
import { routeTable } from "./routes/table.ts";

export interface DaemonOptions {
  readonly hosts: readonly string[];
  readonly group: { readonly name: string; readonly required: boolean };
  /** How long requests under way may go on after the end was asked for, in milliseconds. */
  readonly shutdownMs: number;
  readonly debug: boolean;
  /** One line for the log. */
  readonly report: (line: string) => void;
}

const HEADERS = {
  server: `Slipway/${VERSION} (linux)`,
  "api-version": formatVersion(API.max),
  ostype: "linux",
  "docker-experimental": "false",
} as const;

/** Serves the Docker Engine API of an engine until the signal aborts. The engine stays the caller's. */
export async function serveDaemon(
  engine: Engine,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<void> {
  const { report, debug } = options;
  const api = new ApiServer({
    routes: routeTable(engine),
    headers: HEADERS,
    observe: (exchange) => logExchange(exchange, { report, debug }),
  });
  const servers: Server[] = [];
  try {
    for (const text of options.hosts) {
      const server = api.create();
      servers.push(server);
      const address = parseAddress(text, { tls: false });
      if (address.kind === "unix") await listenUnix(server, address.path, options);
      report(`API listen on ${formatAddress(address)}`);
    }
    await engine.containers.revive(({ name, error }) =>
      report(`container ${name} was not started: ${describeError(error)}`),
    );
    await aborted(signal);
  } finally {
    await closeAll(servers, api, options.shutdownMs);
  }
}

function logExchange(
  { method, url, status, error }: Exchange,
  options: Pick<DaemonOptions, "report" | "debug">,
): void {
  const changes = method !== "GET" && method !== "HEAD";
  if (error !== undefined && status >= 500)
    options.report(`${method} ${url}: ${status} ${describeError(error)}`);
  else if (changes || options.debug) options.report(`${method} ${url}: ${status}`);
}

async function closeAll(servers: readonly Server[], api: ApiServer, shutdownMs: number): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const server of servers) server.closeIdleConnections();
  api.closeConnections();
  const late = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, shutdownMs);
  await Promise.all(closed);
  clearTimeout(late);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
