import { Failure } from "../../../core/errors.ts";
import { formatScope, type Scope } from "../../shared/scope.ts";
import { readJson, refusal } from "../answers.ts";
import { bytesBody, type HttpRequest, type HttpResponse, type Send, shownUrl } from "../http/message.ts";
import type { Challenge } from "./challenge.ts";
import { basicAuthorization, type Credentials } from "./credentials.ts";

export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
  /** Given in place of the password when it was asked for. */
  readonly refreshToken?: string;
}

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly scopes: readonly Scope[];
  readonly credentials: Credentials | undefined;
  /** True when the registry itself was reached by TLS. */
  readonly secure: boolean;
  /** Asks for a refresh token. */
  readonly offline?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const CLIENT = "slipway";
const SIZE_LIMIT = 1 << 20;
/** What the specification gives a token that does not say. */
const DEFAULT_LIFETIME_S = 60;

/**
 * Gets a token from the service a Bearer challenge names: https://distribution.github.io/distribution/spec/auth/token/ by password or
 * anonymously, https://distribution.github.io/distribution/spec/auth/oauth/ by refresh token.
 */
export async function requestToken(send: Send, request: TokenRequest): Promise<Token> {
  const realm = realmOf(request);
  const { identityToken } = request.credentials ?? {};
  const response = await send(
    identityToken === undefined ? byGet(realm, request) : byPost(realm, request, identityToken),
  );
  if (response.status < 200 || response.status > 299) throw await refusal(response);
  return readToken(response);
}

function realmOf({ challenge, credentials, secure }: TokenRequest): URL {
  const text = challenge.parameters["realm"] ?? "";
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  if (realm?.protocol !== "https:" && realm?.protocol !== "http:")
    throw new Failure("REGISTRY_ANSWER_INVALID", {
      url: text.slice(0, 300),
      why: "the registry names no URL as its token service",
    });
  // A registry behind TLS must not make us say the password aloud.
  if (realm.protocol === "http:" && secure && credentials !== undefined)
    throw new Failure("REGISTRY_ANSWER_INVALID", {
      url: shownUrl(realm),
      why: "the token service is not reached by TLS: refusing to send credentials",
    });
  return realm;
}

function byGet(realm: URL, { challenge, scopes, credentials, offline, signal }: TokenRequest): HttpRequest {
  const url = new URL(realm);
  const { service } = challenge.parameters;
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", formatScope(scope));
  const { username, password = "" } = credentials ?? {};
  if (offline === true) url.searchParams.set("offline_token", "true");
  if (offline === true) url.searchParams.set("client_id", CLIENT);
  if (username === undefined) return { method: "GET", url, headers: {}, signal };
  url.searchParams.set("account", username);
  return { method: "GET", url, headers: { authorization: basicAuthorization(username, password) }, signal };
}

function byPost(url: URL, { challenge, scopes, signal }: TokenRequest, refreshToken: string): HttpRequest {
  const form = new URLSearchParams({
    grant_type: "refresh_token",
    refresh_token: refreshToken,
    client_id: CLIENT,
    service: challenge.parameters["service"] ?? "",
    scope: scopes.map(formatScope).join(" "),
  });
  return {
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: bytesBody(Buffer.from(form.toString())),
    signal,
  };
}

async function readToken(response: HttpResponse): Promise<Token> {
  const answer = await readJson(response, SIZE_LIMIT);
  const value = answer["token"] ?? answer["access_token"];
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value))
    throw new Failure("REGISTRY_ANSWER_INVALID", { url: shownUrl(response.url), why: "expected a token" });
  const seconds = answer["expires_in"];
  const refresh = answer["refresh_token"];
  return {
    value,
    lifetimeMs: (typeof seconds === "number" && seconds > 0 ? seconds : DEFAULT_LIFETIME_S) * 1000,
    ...(typeof refresh === "string" && refresh !== "" ? { refreshToken: refresh } : {}),
  };
}
