import { Agent, type RequestOptions, request } from "node:http";
import type { Agent as SecureAgent, AgentOptions as SecureOptions } from "node:https";
import type { Duplex } from "node:stream";
import { readCertificates, systemAuthorities } from "./certificates.ts";
import { type Environment, hostOf, proxyFor } from "./proxies.ts";
import type { Trust } from "./trust.ts";

/** How a server is reached: what a request has besides its method, its headers and its body. */
export interface Route extends Pick<RequestOptions, "agent" | "hostname" | "port" | "path"> {
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RouteOptions {
  readonly env: Environment;
  readonly trust: Trust;
  readonly userAgent: string;
  /** Folders in the form of /etc/docker/certs.d. */
  readonly certificates: readonly string[];
}

/** The connections to every origin, direct or by a proxy, kept open for reuse. What TLS needs is loaded for the first who needs it. */
export class Routes {
  readonly #options: RouteOptions;
  readonly #agents = new Map<string, Promise<Agent>>();

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  async to(url: URL): Promise<Route> {
    const { env, userAgent } = this.#options;
    const headers = { "user-agent": userAgent };
    const proxy = proxyFor(url, env);
    const agent = await this.#agent(url, proxy);
    if (proxy === undefined || url.protocol === "https:") return { agent, headers };
    // A plain request is handed to the proxy, as every other client does; only TLS is tunnelled.
    return {
      agent,
      ...addressOf(proxy),
      path: url.href,
      headers: { ...headers, host: url.host, ...authorizationOf(proxy) },
    };
  }

  #agent(url: URL, proxy: URL | undefined): Promise<Agent> {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const opened = url.protocol === "https:" ? this.#secure(url, proxy) : this.#plain(proxy);
    this.#agents.set(url.origin, opened);
    // A certificate that could not be read may be there the next time.
    opened.catch(() => this.#agents.delete(url.origin));
    return opened;
  }

  async #plain(proxy: URL | undefined): Promise<Agent> {
    if (proxy?.protocol !== "https:") return new Agent({ keepAlive: true });
    const https = await import("node:https");
    return new https.Agent({ keepAlive: true, ...this.#proxyTls(proxy) });
  }

  async #secure(url: URL, proxy: URL | undefined): Promise<SecureAgent> {
    const https = await import("node:https");
    const options = { keepAlive: true, ...this.#tls(url.host) };
    if (proxy === undefined) return new https.Agent(options);
    const proxyAgent = await this.#plain(proxy);
    return new (tunnelling(https.Agent))(options, (target, opened) =>
      connect(proxy, { agent: proxyAgent, target }, opened),
    );
  }

  #proxyTls({ protocol }: URL): SecureOptions {
    return protocol === "https:" ? { ca: [...systemAuthorities(this.#options.env)] } : {};
  }

  #tls(host: string): SecureOptions {
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
    const agents = [...this.#agents.values()];
    this.#agents.clear();
    for (const agent of agents) (await agent.catch(() => undefined))?.destroy();
  }
}

/** The names a host's folder in certs.d may have: a URL does not say the scheme's own port. */
const namesOf = (host: string): readonly string[] => (/:\d+$/.test(host) ? [host] : [host, `${host}:443`]);

const addressOf = (proxy: URL) => ({
  hostname: hostOf(proxy),
  port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : Number(proxy.port),
});

function authorizationOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === "") return {};
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(account).toString("base64")}` };
}

type Opened = (error: Error | null, socket?: Duplex) => void;
type Connect = (target: string, opened: Opened) => void;

/** An agent whose connections speak TLS inside of others. A class made late, as what it extends is loaded late. */
const tunnelling = (base: typeof SecureAgent) =>
  class extends base {
    readonly #connect: Connect;

    constructor(options: SecureOptions, open: Connect) {
      super(options);
      this.#connect = open;
    }

    override createConnection(
      options: RequestOptions,
      callback?: (error: Error | null, stream: Duplex) => void,
    ): undefined {
      const done = callback as Opened | undefined;
      const { host, port } = options;
      const name = String(host).includes(":") ? `[${host}]` : host;
      this.#connect(`${name}:${port}`, (error, socket) => {
        if (error !== null) return done?.(error);
        const inner = super.createConnection({ ...options, socket } as RequestOptions);
        return done?.(null, inner ?? undefined);
      });
    }
  };

/** RFC 9110, section 9.3.6. */
function connect(
  proxy: URL,
  { agent, target }: { readonly agent: Agent; readonly target: string },
  opened: Opened,
) {
  const headers = { host: target, ...authorizationOf(proxy) };
  const message = request({ agent, ...addressOf(proxy), method: "CONNECT", path: target, headers });
  message.once("connect", ({ statusCode }, socket) => {
    if (statusCode === 200) return opened(null, socket);
    socket.destroy();
    opened(new ProxyRefusal(`the proxy ${proxy.host} answers ${statusCode} to CONNECT ${target}`));
  });
  message.once("error", opened);
  message.end();
}

class ProxyRefusal extends Error {
  readonly code = "PROXY_REFUSED";
}
