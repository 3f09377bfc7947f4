import { createHash } from "node:crypto";
import { type Failure, isCode } from "../../core/errors.ts";
import type { Reference } from "../../core/reference.ts";
import type { Abortable } from "../../core/streams.ts";
import { VERSION } from "../../core/version.ts";
import { STORE_HEADER } from "../shared/store-proof.ts";
import { refusal } from "./answers.ts";
import { Authorizer, type AuthorizerParts } from "./auth/authorizer.ts";
import type { CredentialSource, Credentials } from "./auth/credentials.ts";
import { domainOfHost, type Endpoint, endpointOf, HUB, hostOfDomain, mirrorsOf } from "./endpoints.ts";
import type { ExchangeOnLoopback } from "./http/brief.ts";
import { CERTIFICATE_FOLDERS } from "./http/certificates.ts";
import { Connections } from "./http/connections.ts";
import { type HttpRequest, type HttpResponse, type Send, stack } from "./http/message.ts";
import type { Environment } from "./http/proxies.ts";
import { followingRedirects } from "./http/redirects.ts";
import { type RetryOptions, retrying } from "./http/retries.ts";
import { Trust } from "./http/trust.ts";
import { parseMirrors } from "./mirrors.ts";
import { type OwnStore, sharedStore } from "./own-store.ts";
import { Repository } from "./repository.ts";
import { type SearchResult, searchCatalog, searchHub } from "./search.ts";

export interface RegistryOptions {
  readonly credentials: CredentialSource;
  /** Proxies, SSL_CERT_FILE. */
  readonly env: Environment;
  /** "host", "host:port" or a network: these need no TLS that proves who they are. */
  readonly insecure?: readonly string[];
  /** Base URLs that are asked before Docker Hub. */
  readonly mirrors?: readonly string[];
  /** Folders in the form of /etc/docker/certs.d; these when absent. */
  readonly certificates?: readonly string[];
  readonly retries?: RetryOptions;
  readonly ownStore?: OwnStore;
  /** By which small requests reach registries on this machine sooner. */
  readonly exchange?: ExchangeOnLoopback;
}

/** A registry that answered: where, and how it is spoken to. */
interface Session {
  readonly base: URL;
  readonly send: Send;
  readonly authorizer: Authorizer;
  /** What the registry calls its store, if that is one of ours. */
  readonly store: string | undefined;
}

interface Found {
  readonly base: URL;
  readonly response: HttpResponse;
}

/** Where all further requests go: to the scheme that a redirect led to. */
const baseOf = (base: URL, { url }: HttpResponse): URL =>
  url.host === base.host && url.pathname === `${base.pathname}v2/` ? new URL(base.pathname, url) : base;

const ACTIONS = { pull: ["pull"], push: ["pull", "push"] } as const;
export type Access = keyof typeof ACTIONS;

/** How a registry is asked: as whom, if not with the credentials that are kept. */
export interface Asked extends Abortable {
  /** Empty: as nobody. */
  readonly credentials?: Credentials;
}
/** So many sessions of callers with credentials of their own are kept. */
const MAX_SESSIONS = 200;

/** The registries of one process: each is found once, its connections and tokens are shared. */
export class Registries implements AsyncDisposable {
  readonly #options: RegistryOptions;
  readonly #trust: Trust;
  readonly #mirrors: readonly URL[];
  readonly #connections: Connections;
  /** Without credentials: for token services, and below everything else. */
  readonly #plain: Send;
  readonly #retrying;
  readonly #sessions = new Map<string, Promise<Session>>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#trust = new Trust(options.insecure ?? []);
    this.#mirrors = parseMirrors(options.mirrors ?? []);
    this.#connections = new Connections({
      env: options.env,
      trust: this.#trust,
      userAgent: `slipway/${VERSION}`,
      exchange: options.exchange,
      certificates: options.certificates ?? CERTIFICATE_FOLDERS,
    });
    this.#retrying = retrying(options.retries);
    this.#plain = stack(this.#connections.send, this.#retrying, followingRedirects);
  }

  /** Any URL, without credentials. */
  fetch(request: HttpRequest): Promise<HttpResponse> {
    return this.#plain(request);
  }

  /**
   * Does `work` with a repository. For a pull, mirrors are asked first, and what one cannot do, the next one or the registry itself does from the
   * beginning.
   */
  async with<T>(
    { reference, access }: { readonly reference: Reference; readonly access: Access },
    work: (repository: Repository) => Promise<T>,
    options: Asked = {},
  ): Promise<T> {
    const registry = await this.#endpoint(reference.domain);
    const mirrors = access === "pull" ? mirrorsOf(reference, this.#mirrors) : [];
    for (const endpoint of mirrors) {
      try {
        await this.#trust.isInsecure(endpoint.host);
        return await this.#work(endpoint, { reference, access }, work, options);
      } catch {
        options.signal?.throwIfAborted();
      }
    }
    return this.#work(registry, { reference, access }, work, options);
  }

  /** Does `work` with a repository of the registry at a base URL, whatever its images are called elsewhere. */
  async at<T>(
    { base, path }: { readonly base: URL; readonly path: string },
    work: (repository: Repository) => Promise<T>,
    options: Abortable = {},
  ): Promise<T> {
    await this.#trust.isInsecure(base.host);
    const endpoint = { host: base.host, bases: [base], mirror: true };
    const reference = { domain: domainOfHost(base.host), path };
    return this.#work(endpoint, { reference, access: "pull" }, work, options);
  }

  async #work<T>(
    endpoint: Endpoint,
    { reference, access }: { readonly reference: Reference; readonly access: Access },
    work: (repository: Repository) => Promise<T>,
    options: Asked,
  ): Promise<T> {
    const domain = endpoint.mirror ? domainOfHost(endpoint.host) : reference.domain;
    // What a caller brought is for the registry it named.
    const asked =
      endpoint.mirror && options.credentials !== undefined ? { ...options, credentials: {} } : options;
    const { base, send, store } = await this.#session(endpoint, domain, asked);
    const { path } = reference;
    const shared = sharedStore(this.#options.ownStore, store, { host: base.host, repository: path });
    return work(new Repository(send, { base, path, actions: ACTIONS[access], shared }));
  }

  async #session(endpoint: Endpoint, domain: string, { credentials, ...options }: Asked): Promise<Session> {
    const key = sessionKey(endpoint.host, credentials);
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    const kept = () => this.#options.credentials.get(domain);
    const opened = this.#open(
      endpoint,
      { credentials: credentials === undefined ? kept : async () => credentials },
      options,
    );
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size < MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    this.#sessions.set(key, opened);
    // A registry that could not be reached may be reached later.
    opened.catch(() => this.#sessions.delete(key));
    return opened;
  }

  /**
   * Tries credentials on a registry. Resolves with what to keep: them, or the refresh token the registry gave for them.
   * Rejects with REGISTRY_UNAUTHORIZED.
   */
  async verify(domain: string, credentials: Credentials, options: Abortable = {}): Promise<Credentials> {
    const endpoint = await this.#endpoint(domain);
    const access = { credentials: async () => credentials, offline: true };
    const { base, send, authorizer } = await this.#open(endpoint, access, options);
    const response = await send({ method: "GET", url: new URL("v2/", base), headers: {}, ...options });
    if (response.status !== 200) throw await refusal(response);
    await response.discard();
    const { refreshToken } = authorizer;
    return refreshToken === undefined ? credentials : { identityToken: refreshToken };
  }

  /** Repositories whose names contain a term, of Docker Hub by what people think of them. */
  async search(
    domain: string,
    wanted: { readonly term: string; readonly limit: number } & Asked,
  ): Promise<readonly SearchResult[]> {
    if (domain === HUB) return searchHub(this.#plain, new URL("https://index.docker.io/"), wanted);
    const { base, send } = await this.#session(await this.#endpoint(domain), domain, wanted);
    const { credentials: _, ...question } = wanted;
    return searchCatalog(send, base, question);
  }

  async #open(
    endpoint: Endpoint,
    access: Pick<AuthorizerParts, "credentials" | "offline">,
    options: Abortable,
  ): Promise<Session> {
    const { base, response } = await this.#find(endpoint, options);
    const authorizer = new Authorizer({ origin: base.origin, send: this.#plain, ...access });
    if (response.status === 401) authorizer.learn(response);
    await response.discard();
    // Redirects come last, so that each step passes all the others; another origin is not the authorizer's.
    const send = stack(this.#connections.send, this.#retrying, authorizer.middleware, followingRedirects);
    return { base, send, authorizer, store: response.header(STORE_HEADER) };
  }

  /** The first base that answers. */
  async #find({ bases }: Endpoint, { signal }: Abortable): Promise<Found> {
    const failures = new Map<string, Failure>();
    for (const [i, base] of bases.entries()) {
      const once = i < bases.length - 1;
      try {
        const url = new URL("v2/", base);
        const response = await this.#plain({ method: "GET", url, headers: {}, signal, once, brief: true });
        // What servers of TLS say to those who do not speak it.
        if (!once || response.status !== 400) return { base: baseOf(base, response), response };
        await response.discard();
      } catch (error) {
        if (!isCode(error, "REGISTRY_UNREACHABLE") && !isCode(error, "REGISTRY_TLS")) throw error;
        failures.set(base.protocol, error);
      }
    }
    throw (
      failures.get("http:") ?? failures.get("https:") ?? new TypeError("an endpoint that nobody looked for")
    );
  }

  /** A domain's own registry. */
  async #endpoint(domain: string): Promise<Endpoint> {
    return endpointOf(domain, await this.#trust.isInsecure(hostOfDomain(domain)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connections[Symbol.asyncDispose]();
  }
}

/** Callers share a session when they are the same to the registry. */
function sessionKey(host: string, credentials: Credentials | undefined): string {
  if (credentials === undefined) return host;
  const { username, password, identityToken, registryToken } = credentials;
  const who = createHash("sha256").update(JSON.stringify([username, password, identityToken, registryToken]));
  return `${host} ${who.digest("hex")}`;
}
