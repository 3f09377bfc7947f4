import type { CredentialSource } from "../core/registry-credentials.ts";
import type { DockerCredentials } from "../registry/client/credentials/docker-credentials.ts";
import type { Registries } from "../registry/client/registries.ts";
import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { Store } from "../store/types.ts";

/** How registries are reached. */
export interface RegistrySettings {
  /** Proxies, DOCKER_CONFIG, SSL_CERT_FILE, and what credential helpers see. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** "host", "host:port" or a network: these need no TLS that proves who they are. */
  readonly insecure?: readonly string[];
  /** Base URLs asked before Docker Hub. */
  readonly mirrors?: readonly string[];
  /** Whether the daemon.json of this machine, if there is one, adds to both. */
  readonly daemonJson?: boolean;
}

/** The client of registries, loaded and made for the first exchange: most commands need none. */
export class LazyRegistries implements AsyncDisposable {
  readonly #store: Store;
  readonly #settings: RegistrySettings;
  #client: Promise<RegistryClient> | undefined;

  constructor(store: Store, settings: RegistrySettings) {
    this.#store = store;
    this.#settings = settings;
  }

  readonly client = (): Promise<RegistryClient> => {
    this.#client ??= this.#make();
    return this.#client;
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
    const { env, insecure = [], mirrors = [], daemonJson = false } = this.#settings;
    if (!daemonJson) return { env, insecure, mirrors };
    const { DAEMON_FILES, readDaemonRegistries } = await import("../registry/client/daemon-json.ts");
    const machine = readDaemonRegistries(DAEMON_FILES);
    return {
      env,
      insecure: [...insecure, ...machine.insecure],
      mirrors: [...mirrors, ...machine.mirrors],
    };
  }

  async #make(): Promise<RegistryClient> {
    return this.clientOf(await this.credentials());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#client?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
