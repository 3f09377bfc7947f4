import type { Agent, Dispatcher } from "undici";
import { readCertificates, systemAuthorities } from "./certificates.ts";
import { PATIENCE } from "./connection-failure.ts";
import { toLoopback } from "./loopback.ts";
import { authorizationOf, type Environment, proxyFor } from "./proxies.ts";
import type { Trust } from "./trust.ts";

export interface DispatcherOptions {
  readonly env: Environment;
  readonly trust: Trust;
  /** Folders in the form of /etc/docker/certs.d. */
  readonly certificates: readonly string[];
}

type ConnectOptions = Extract<Agent.Options["connect"], { readonly timeout?: unknown }>;

/** The connections to every origin, direct or by a proxy, kept open for reuse. */
export class Dispatchers {
  readonly #options: DispatcherOptions;
  readonly #opened = new Map<string, Promise<Dispatcher>>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  to(url: URL): Promise<Dispatcher> {
    const known = this.#opened.get(url.origin);
    if (known !== undefined) return known;
    const opened = this.#open(url);
    this.#opened.set(url.origin, opened);
    // A certificate that could not be read may be there the next time.
    opened.catch(() => this.#opened.delete(url.origin));
    return opened;
  }

  async #open(url: URL): Promise<Dispatcher> {
    const { env } = this.#options;
    const secure = url.protocol === "https:";
    const connect: ConnectOptions = { timeout: PATIENCE.connect, ...(secure ? this.#tls(url.host) : {}) };
    const proxy = proxyFor(url, env);
    if (proxy === undefined && url.hostname === "localhost" && !secure) return openLoopback(connect);
    if (proxy === undefined) return new (await loadAgent())({ connect });
    const { ProxyAgent, openClient } = await loadProxyAgent();
    const authorization = authorizationOf(proxy);
    return new ProxyAgent({
      uri: proxy.origin,
      ...(authorization === undefined ? {} : { token: authorization }),
      clientFactory: openClient,
      requestTls: connect,
      // A plain request is handed to the proxy, as every other client does; only TLS is tunnelled.
      proxyTunnel: secure,
      proxyTls: {
        timeout: PATIENCE.connect,
        ...(proxy.protocol === "https:" ? { ca: [...systemAuthorities(env)] } : {}),
      },
    });
  }

  #tls(host: string): ConnectOptions {
    const { env, trust, certificates } = this.#options;
    const { ca, clients } = readCertificates(namesOf(host), certificates);
    const [client] = clients;
    return {
      ca: [...systemAuthorities(env), ...ca],
      ...client,
      ...(trust.wasInsecure(host) ? { rejectUnauthorized: false } : {}),
    };
  }

  async close(): Promise<void> {
    const opened = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(opened.map(async (one) => (await one.catch(() => undefined))?.destroy()));
  }
}

/** The names a host's folder in certs.d may have: a URL does not say the scheme's own port. */
const namesOf = (host: string): readonly string[] => (/:\d+$/.test(host) ? [host] : [host, `${host}:443`]);

/**
 * All of undici takes longer to load than a small push takes, so its parts are loaded one by one. And V8 optimizes the function that parses HTTP
 * after the first few answers: 150 ms for which the end of the process waits, and answers are parsed no faster afterwards. Nor need it compile what
 * of that is never called. The flags come last, as V8 takes no code that was compiled before with others; neither what Node has of its own modules, so
 * what a connection needs is loaded first.
 */
async function loadAgent() {
  const { default: Agent } = await import("undici/lib/dispatcher/agent.js");
  await import("undici/lib/api/api-request.js");
  // Asking loads it (SLOW in bin/program.cjs).
  Object.keys(await import("node:net"));
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--wasm-tiering-budget=1000000000");
  setFlagsFromString("--wasm-lazy-compilation");
  return Agent;
}

async function openLoopback(options: ConnectOptions): Promise<Dispatcher> {
  const Agent = await loadAgent();
  const { default: buildConnector } = await import("undici/lib/core/connect.js");
  return new Agent({ connect: toLoopback(buildConnector(options)) });
}

async function loadProxyAgent() {
  await loadAgent();
  const { default: ProxyAgent } = await import("undici/lib/dispatcher/proxy-agent.js");
  const { default: Pool } = await import("undici/lib/dispatcher/pool.js");
  const { default: connect } = await import("undici/lib/api/api-connect.js");
  // Whoever loads the whole gets this method for every dispatcher.
  const openClient = (origin: URL, options: object): Dispatcher =>
    Object.assign(new Pool(origin, options), { connect });
  return { ProxyAgent, openClient };
}
