import type { CredentialSource } from "../core/registry-credentials.ts";
import type { KernelNetwork } from "../native/kernel.ts";
import type { DockerCredentials } from "../registry/client/credentials/docker-credentials.ts";
import type { ExchangeOnLoopback } from "../registry/client/http/brief.ts";
import type { Registries } from "../registry/client/registries.ts";
import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { Store } from "../store/types.ts";

/** How registries are reached. */
export interface RegistrySettings {
  /** Proxies, DOCKER_CONFIG, SSL_CERT_FILE, and what credential helpers see. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asked before each use, as a daemon's settings may be read again. Nothing when absent. */
  readonly named?: () => NamedRegistries;
  /** Whether the daemon.json of this machine, if there is one, adds to these. */
  readonly daemonJson?: boolean;
}

/** What the registries of this machine are sent small requests by. */
type Loopback = Pick<KernelNetwork, "exchangeOnLoopback">;

export interface NamedRegistries {
  /** "host", "host:port" or a network: these need no TLS that proves who they are. */
  readonly insecure: readonly string[];
  /** Base URLs asked before Docker Hub. */
  readonly mirrors: readonly string[];
}

interface Made {
  /** What it was made by. */
  readonly named: string;
  readonly client: Promise<RegistryClient>;
}

/** The client of registries, loaded and made for the first exchange: most commands need none. */
export class LazyRegistries implements AsyncDisposable {
  readonly #store: Store;
  readonly #settings: RegistrySettings;
  readonly #loopback: Loopback;
  /** The last one counts; work may go on with those before it. */
  readonly #made: Made[] = [];

  constructor(store: Store, loopback: Loopback, settings: RegistrySettings) {
    this.#store = store;
    this.#loopback = loopback;
    this.#settings = settings;
  }

  readonly client = (): Promise<RegistryClient> => {
    const named = JSON.stringify(this.#settings.named?.() ?? null);
    const last = this.#made.at(-1);
    if (last !== undefined && last.named === named) return last.client;
    const client = this.#make();
    this.#made.push({ named, client });
    return client;
  };

  readonly credentials = async (): Promise<DockerCredentials> => {
    const { DockerCredentials } = await import("../registry/client/credentials/docker-credentials.ts");
    return new DockerCredentials(this.#settings.env);
  };

  /**
   * A client that shows these credentials and shares nothing with others, so that nobody works with a token of somebody else.
   * The caller disposes it.
   */
  async clientOf(credentials: CredentialSource): Promise<RegistryClient> {
    const { RegistryClient } = await import("../registry/client/registry-client.ts");
    return new RegistryClient(this.#store, { ...(await this.#reach()), credentials });
  }

  /** Registries without a store, by the credentials of this user. The caller disposes them. */
  readonly upstreams = async (): Promise<Registries> => {
    const { Registries } = await import("../registry/client/registries.ts");
    return new Registries({ ...(await this.#reach()), credentials: await this.credentials() });
  };

  /** The command line's first, then the machine's. */
  async #reach() {
    const { env, named = () => ({ insecure: [], mirrors: [] }), daemonJson = false } = this.#settings;
    const exchange: ExchangeOnLoopback = (...sent) => this.#loopback.exchangeOnLoopback(...sent);
    const { insecure, mirrors } = named();
    if (!daemonJson) return { env, exchange, insecure, mirrors };
    const { DAEMON_FILES, readDaemonRegistries } = await import("../registry/client/daemon-json.ts");
    const machine = readDaemonRegistries(DAEMON_FILES);
    return {
      env,
      exchange,
      insecure: [...insecure, ...machine.insecure],
      mirrors: [...mirrors, ...machine.mirrors],
    };
  }

  async #make(): Promise<RegistryClient> {
    return this.clientOf(await this.credentials());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client } of this.#made) await (await client.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
