import { formatScope, mergeScopes, parseScopes, type Scope } from "../../shared/scope.ts";
import type { HttpRequest, HttpResponse, Middleware, Send } from "../http/message.ts";
import { type Challenge, parseChallenges } from "./challenge.ts";
import { basicAuthorization, type Credentials } from "./credentials.ts";
import { requestToken, type Token } from "./token-request.ts";

export interface AuthorizerParts {
  /** The registry; requests to any other origin get no credentials. */
  readonly origin: string;
  /** Asked once, when the registry wants to know. */
  readonly credentials: () => Promise<Credentials | undefined>;
  /** Reaches token services; adds no credentials of its own. */
  readonly send: Send;
  /** Asks token services for a refresh token too. */
  readonly offline?: boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A token that is about to end is not begun with. */
const SLACK_MS = 5_000;

/** Answers the challenges of one registry: Basic, or Bearer with tokens that are kept by what they allow. */
export class Authorizer {
  readonly #parts: AuthorizerParts;
  readonly #tokens = new Map<string, Promise<Token & { readonly until: number }>>();
  #credentials: Promise<Credentials | undefined> | undefined;
  #challenge: Challenge | undefined;
  #refreshToken: string | undefined;

  constructor(parts: AuthorizerParts) {
    this.#parts = parts;
  }

  /** What a token service gave in place of the password. */
  get refreshToken(): string | undefined {
    return this.#refreshToken;
  }

  /** Remembers what a registry asks for. True when it is something that can be answered. */
  learn(response: HttpResponse): boolean {
    const known = parseChallenges(response.header("www-authenticate") ?? "");
    this.#challenge =
      known.find(({ scheme }) => scheme === "bearer") ??
      known.find(({ scheme }) => scheme === "basic") ??
      this.#challenge;
    return this.#challenge !== undefined;
  }

  readonly middleware: Middleware = (next) => async (request) => {
    if (request.url.origin !== this.#parts.origin) return next(request);
    const sent = await this.#authorized(request, undefined);
    const response = await next(sent);
    if (response.status !== 401 || !this.learn(response)) return response;
    const header = response.header("www-authenticate") ?? "";
    const again = await this.#authorized(request, header);
    // The same answer would be given to the same question.
    if (again.headers["authorization"] === sent.headers["authorization"]) return response;
    await response.discard();
    return next(again);
  };

  async #authorized(request: HttpRequest, refused: string | undefined): Promise<HttpRequest> {
    const value = await this.#authorization(request, refused);
    return value === undefined
      ? request
      : { ...request, headers: { ...request.headers, authorization: value } };
  }

  async #authorization(request: HttpRequest, refused: string | undefined): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    this.#credentials ??= this.#parts.credentials();
    const credentials = await this.#credentials;
    if (credentials?.registryToken !== undefined) return `Bearer ${credentials.registryToken}`;
    if (this.#challenge.scheme === "bearer")
      return `Bearer ${await this.#token(this.#challenge, request, { credentials, refused })}`;
    const { username, password = "" } = credentials ?? {};
    return username === undefined ? undefined : basicAuthorization(username, password);
  }

  async #token(
    challenge: Challenge,
    { scopes: needed = [], signal }: HttpRequest,
    { credentials, refused }: TokenNeed,
  ): Promise<string> {
    const { now = Date.now, origin, send, offline = false } = this.#parts;
    const key = mergeScopes(needed).map(formatScope).join(" ");
    const known = refused === undefined ? await this.#tokens.get(key)?.catch(() => undefined) : undefined;
    if (known !== undefined && known.until > now()) return known.value;
    const scopes = mergeScopes(needed, wantedScopes(refused));
    const secure = origin.startsWith("https:");
    const request = { challenge, scopes, credentials, secure, offline, signal };
    const asked = requestToken(send, request).then((token) => {
      this.#refreshToken = token.refreshToken ?? this.#refreshToken;
      return { ...token, until: now() + token.lifetimeMs - SLACK_MS };
    });
    this.#tokens.set(key, asked);
    return (await asked).value;
  }
}

interface TokenNeed {
  readonly credentials: Credentials | undefined;
  /** The challenge that came with a 401: a token that is known was not enough. */
  readonly refused: string | undefined;
}

const wantedScopes = (header: string | undefined): readonly Scope[] =>
  header === undefined
    ? []
    : parseChallenges(header).flatMap(({ parameters }) => parseScopes(parameters["scope"] ?? ""));
