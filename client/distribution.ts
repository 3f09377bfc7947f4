import { type Digest, digestOf, parseDigest } from "../core/digest.ts";
import { parseReference } from "../core/reference.ts";
import type { Credentials } from "../core/registry-credentials.ts";
import { domainOfServer, serverOf } from "../core/registry-server.ts";
import type { Abortable } from "../core/streams.ts";
import type { AsWhom, DistributionService, LoginRequest, RemoteDescription } from "../engine/api.ts";
import { authConfig, authHeader, authHeaders, type CredentialKeeper } from "./credentials.ts";
import { child, flag, number, text } from "./http/fields.ts";
import { imageSegments } from "./http/query.ts";
import type { Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

/** Registries as the daemon reaches them; credentials are kept on this side, as docker's client does. */
export class RemoteDistribution implements DistributionService {
  readonly #transport: Transport;
  readonly #credentials: CredentialKeeper;

  constructor(transport: Transport, credentials: CredentialKeeper) {
    this.#transport = transport;
    this.#credentials = credentials;
  }

  async verify({ server, username, password }: LoginRequest, options: Abortable = {}) {
    return this.#verify(domainOfServer(server), { username, password }, options);
  }

  async login(request: LoginRequest, options: Abortable = {}): Promise<{ readonly file?: string }> {
    const { username, password } = request;
    const domain = domainOfServer(request.server);
    const verified = await this.#verify(domain, { username, password }, options);
    const credentials = this.#credentials;
    const token = verified.identityToken;
    const helped = await credentials.put(domain, {
      username,
      ...(token === undefined ? { password } : verified),
    });
    return helped || token !== undefined ? {} : { file: credentials.path };
  }

  async relogin(server?: string, options: Abortable = {}): Promise<string | undefined> {
    const domain = domainOfServer(server);
    const kept = await this.#credentials.get(domain);
    if (kept === undefined) return undefined;
    await this.#verify(domain, kept, options);
    return kept.username ?? "<token>";
  }

  async logout(server?: string) {
    const domain = domainOfServer(server);
    const removed = await this.#credentials.remove(domain);
    return { server: serverOf(domain), removed };
  }

  async search(term: string, { limit, credentials, ...options }: { readonly limit: number } & AsWhom) {
    const [, host] = /^([^/]*[.:][^/]*|localhost)\//.exec(term) ?? [];
    const headers = await authHeader(this.#credentials, domainOfServer(host), credentials);
    const asked = { method: "GET", path: "/images/search", query: { term, limit }, headers } as const;
    return (await this.#transport.documents(asked, options)).map((found) => ({
      name: text(found, "name"),
      description: text(found, "description"),
      stars: number(found, "star_count"),
      official: flag(found, "is_official"),
    }));
  }

  async describe(reference: string, { credentials, ...options }: AsWhom = {}): Promise<RemoteDescription> {
    const headers = await authHeader(this.#credentials, parseReference(reference).domain, credentials);
    const path = `/distribution/${imageSegments(reference)}/json`;
    const document = await this.#transport.document({ method: "GET", path, headers }, options);
    const { Platforms } = document as { readonly Platforms?: RemoteDescription["platforms"] | null };
    return {
      descriptor: child(document, "Descriptor") as unknown as RemoteDescription["descriptor"],
      platforms: Platforms ?? [],
    };
  }

  async manifest(reference: string, { credentials, ...options }: AsWhom = {}) {
    const transport = this.#own("reading a manifest of a registry");
    const headers = await authHeader(this.#credentials, parseReference(reference).domain, credentials);
    const path = `/slipway/v1/manifests/${imageSegments(reference)}`;
    const raw = await transport.content({ method: "GET", path, headers }, options);
    return { raw, digest: digestOf(raw) };
  }

  async createList(
    list: string,
    members: readonly string[],
    { amend, credentials, ...options }: NonNullable<Parameters<DistributionService["createList"]>[2]> = {},
  ): Promise<string> {
    const transport = this.#own("making a manifest list");
    const domains = members.map((member) => parseReference(member).domain);
    const headers = await authHeaders(this.#credentials, domains, credentials);
    const query = { member: members, amend };
    return text(await transport.document({ method: "PUT", path: at(list), query, headers }, options), "name");
  }

  registriesOf(list: string, options?: Abortable): Promise<readonly string[]> {
    const transport = this.#own("looking at a manifest list");
    return transport.texts({ method: "GET", path: `${at(list)}/registries` }, options);
  }

  async pushList(
    list: string,
    { purge, credentials, ...options }: NonNullable<Parameters<DistributionService["pushList"]>[1]> = {},
  ): Promise<Digest> {
    const transport = this.#own("pushing a manifest list");
    const domains = await this.registriesOf(list, options);
    const headers = await authHeaders(this.#credentials, domains, credentials);
    const asked = { method: "POST", path: `${at(list)}/push`, query: { purge }, headers } as const;
    return parseDigest(text(await transport.document(asked, options), "digest"));
  }

  /** Docker's client makes lists of manifests itself, without its daemon. */
  #own(what: string): Transport {
    if (!this.#transport.isOwn) throw lacks(what);
    return this.#transport;
  }

  async #verify(
    domain: string,
    credentials: Credentials,
    options: Abortable,
  ): Promise<{ readonly identityToken?: string }> {
    const json = authConfig(credentials, domain);
    const document = await this.#transport.document({ method: "POST", path: "/auth", json }, options);
    const identityToken = text(document, "IdentityToken");
    return identityToken === "" ? {} : { identityToken };
  }
}

const at = (list: string): string => `/slipway/v1/manifest-lists/${imageSegments(list)}`;
