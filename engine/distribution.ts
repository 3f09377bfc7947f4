import type { Digest } from "../core/digest.ts";
import { formatReference, parseReference, withDefaultTag } from "../core/reference.ts";
import { domainOfServer, serverOf } from "../core/registry-server.ts";
import type { Abortable } from "../core/streams.ts";
import type { DockerCredentials } from "../registry/client/credentials/docker-credentials.ts";
import type { RegistryClient } from "../registry/client/registry-client.ts";
import type { DistributionService, LoginRequest } from "./distribution-api.ts";
import type { AsWhom, AsWhomEach } from "./image-api.ts";

export interface DistributionParts {
  readonly client: () => Promise<RegistryClient>;
  readonly credentials: () => Promise<DockerCredentials>;
}

const HUB = "docker.io";

export class Distribution implements DistributionService {
  readonly #parts: DistributionParts;

  constructor(parts: DistributionParts) {
    this.#parts = parts;
  }

  async verify({ server, username, password }: LoginRequest, options: Abortable = {}) {
    const client = await this.#parts.client();
    const { identityToken } = await client.verify(domainOfServer(server), { username, password }, options);
    return identityToken === undefined ? {} : { identityToken };
  }

  async login(request: LoginRequest, options: Abortable = {}): Promise<{ readonly file?: string }> {
    const { username, password } = request;
    const domain = domainOfServer(request.server);
    const client = await this.#parts.client();
    const verified = await client.verify(domain, { username, password }, options);
    const credentials = await this.#parts.credentials();
    const helped = await credentials.put(domain, { username, ...verified });
    return helped || verified.identityToken !== undefined ? {} : { file: credentials.path };
  }

  async relogin(server?: string, options: Abortable = {}): Promise<string | undefined> {
    const domain = domainOfServer(server);
    const kept = await (await this.#parts.credentials()).get(domain);
    if (kept === undefined) return undefined;
    await (await this.#parts.client()).verify(domain, kept, options);
    return kept.username ?? "<token>";
  }

  async logout(server?: string) {
    const domain = domainOfServer(server);
    const removed = await (await this.#parts.credentials()).remove(domain);
    return { server: serverOf(domain), removed };
  }

  async search(text: string, options: { readonly limit: number } & AsWhom) {
    const [domain, term] = splitTerm(text);
    return (await this.#parts.client()).search(domain, { term, ...options });
  }

  async manifest(reference: string, options: AsWhom = {}) {
    return (await this.#parts.client()).lists.inspect(parseReference(reference), options);
  }

  async describe(reference: string, options: AsWhom = {}) {
    return (await this.#parts.client()).describe(parseReference(reference), options);
  }

  async createList(
    list: string,
    members: readonly string[],
    options: { readonly amend?: boolean } & AsWhomEach = {},
  ): Promise<string> {
    const reference = withDefaultTag(parseReference(list));
    const { lists } = await this.#parts.client();
    await lists.create(reference, members.map(parseReference), options);
    return formatReference(reference);
  }

  async registriesOf(list: string): Promise<readonly string[]> {
    return (await this.#parts.client()).lists.registriesOf(parseReference(list));
  }

  async pushList(list: string, options: { readonly purge?: boolean } & AsWhomEach = {}): Promise<Digest> {
    const { lists } = await this.#parts.client();
    return (await lists.push(parseReference(list), options)).digest;
  }
}

/** "host/term" asks that registry; a first part that looks like no host is a user of Docker Hub. */
function splitTerm(text: string): readonly [domain: string, term: string] {
  const [, host = HUB, term = text] = /^([^/]*[.:][^/]*|localhost)\/(.*)$/.exec(text) ?? [];
  return [domainOfServer(host), term];
}
