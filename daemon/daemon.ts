import { describeError } from "../core/errors.ts";
import { VERSION } from "../core/version.ts";
import type { Engine } from "../engine/api.ts";
import { OWN_API } from "../wire/slipway/build-attrs.ts";
import { type LogLevel, logExchange } from "./audit.ts";
import { ApiServer } from "./http/api-server.ts";
import type { FindPeer } from "./http/peer.ts";
import { API, formatVersion } from "./http/version.ts";
import { type ApiListener, type ListenOptions, openListeners } from "./listeners/open.ts";
import { linkRoot } from "./root-link.ts";
import { routeTable } from "./routes/table.ts";

/** What may change while the daemon runs. */
export interface LiveSettings {
  readonly level: LogLevel;
  /** "key=value", told by /info. */
  readonly labels: readonly string[];
  /** How long requests under way may go on after the end was asked for, in milliseconds. */
  readonly shutdownMs: number;
}
export interface DaemonOptions {
  readonly hosts: readonly string[];
  /** The state root that it owns, by which it can be found. */
  readonly root?: string;
  readonly listen: ListenOptions;
  readonly live: () => LiveSettings;
  readonly findPeer: FindPeer;
  /** One line for the log. */
  readonly report: (line: string) => void;
}

const HEADERS = {
  server: `Slipway/${VERSION} (linux)`,
  "api-version": formatVersion(API.max),
  ostype: "linux",
  "docker-experimental": "false",
  [OWN_API.header]: String(OWN_API.version),
} as const;

/** Serves the Docker Engine API of an engine until the signal aborts. The engine stays the caller's. */
export async function serveDaemon(
  engine: Engine,
  options: DaemonOptions,
  signal: AbortSignal,
): Promise<void> {
  const { report, live } = options;
  const api = new ApiServer({
    routes: routeTable(engine, () => ({ Labels: live().labels, Debug: live().level === "debug" })),
    headers: HEADERS,
    findPeer: options.findPeer,
    observe: (exchange) => logExchange(exchange, { report, level: live().level }),
  });
  const listeners: ApiListener[] = [];
  try {
    for (const host of options.hosts) {
      const names = await openListeners(api, host, options.listen, (listener) => listeners.push(listener));
      for (const name of names) report(`API listen on ${name}`);
    }
    using _link = options.root === undefined ? undefined : linkRoot(options.root, options.hosts);
    await engine.containers.revive(({ name, error }) =>
      report(`container ${name} was not started: ${describeError(error)}`),
    );
    await aborted(signal);
  } finally {
    await closeAll(listeners, api, live().shutdownMs);
  }
}

async function closeAll(
  listeners: readonly ApiListener[],
  api: ApiServer,
  shutdownMs: number,
): Promise<void> {
  const closed = listeners.map((listener) => new Promise<void>((resolve) => listener.close(() => resolve())));
  for (const listener of listeners) listener.closeIdleConnections();
  api.closeConnections();
  const late = setTimeout(() => {
    for (const listener of listeners) listener.closeAllConnections();
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
