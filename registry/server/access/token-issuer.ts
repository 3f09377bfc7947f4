import { randomUUID } from "node:crypto";
import { errors as joseErrors, jwtVerify, SignJWT } from "jose";
import * as z from "zod";
import { Failure } from "../../../core/errors.ts";
import type { Scope } from "../../shared/scope.ts";
import type { Principal } from "./principal.ts";
import { RecentMap } from "./recent-map.ts";

/** Names the registry to its token service and back; a registry signs with a key of its own, whatever its address. */
export const SERVICE = "slipway-registry";
export const LIFETIME_S = 300;
const ALGORITHM = "HS256";
const ACCESS = "at+jwt";
const REFRESH = "rt+jwt";
const LENGTH_LIMIT = 12 << 10;
const REMEMBERED = 1024;
/** Clocks of one machine do not differ; it may be set back a little. */
const TOLERANCE_S = 5;

const ACCESS_LIST = z.array(
  z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()).readonly() }).readonly(),
);
const CLAIMS = z.object({ sub: z.string(), stamp: z.string(), access: ACCESS_LIST.readonly().default([]) });

/** What a token says: for whom, and for an access token what it is limited to. */
export interface TokenClaims {
  /** Empty: whoever has not logged in. */
  readonly sub: string;
  /** See Principal.stamp. */
  readonly stamp: string;
  readonly access: readonly Scope[];
}

/**
 * Makes and checks the tokens of https://distribution.github.io/distribution/spec/auth/jwt/. They are for this registry alone, which signs and checks
 * them with one secret. Access tokens live for minutes; refresh tokens for as long as the password they stand for.
 */
export class TokenIssuer {
  readonly #key: Uint8Array;
  readonly #now: () => number;
  /** Checked before: most requests come with the token of the one before. */
  readonly #known: RecentMap<TokenClaims>;

  /** `key`: 32 bytes at least. `now`: milliseconds since the epoch. */
  constructor({ key, now = Date.now }: { readonly key: Uint8Array; readonly now?: () => number }) {
    this.#key = key;
    this.#now = now;
    this.#known = new RecentMap({ capacity: REMEMBERED, lifetimeMs: 10_000, now });
  }

  access({ name, stamp }: Principal, access: readonly Scope[]): Promise<string> {
    const expires = Math.floor(this.#now() / 1000) + LIFETIME_S;
    return this.#sign(ACCESS, name, { stamp, access }, expires);
  }

  refresh({ name, stamp }: Principal): Promise<string> {
    return this.#sign(REFRESH, name, { stamp });
  }

  #sign(typ: string, name: string | undefined, claims: object, expires?: number): Promise<string> {
    const issued = Math.floor(this.#now() / 1000);
    const token = new SignJWT({ ...claims })
      .setProtectedHeader({ alg: ALGORITHM, typ })
      .setIssuer(SERVICE)
      .setAudience(SERVICE)
      .setSubject(name ?? "")
      .setIssuedAt(issued)
      .setNotBefore(issued)
      .setJti(randomUUID());
    return (expires === undefined ? token : token.setExpirationTime(expires)).sign(this.#key);
  }

  /** Rejects with BEARER_INVALID. */
  async checkAccess(token: string): Promise<TokenClaims> {
    const known = this.#known.get(token);
    if (known !== undefined) return known;
    const claims = await this.#check(token, ACCESS, ["exp"]);
    this.#known.set(token, claims);
    return claims;
  }

  /** Rejects with BEARER_INVALID. */
  checkRefresh(token: string): Promise<TokenClaims> {
    return this.#check(token, REFRESH, []);
  }

  async #check(token: string, typ: string, required: readonly string[]): Promise<TokenClaims> {
    if (token.length > LENGTH_LIMIT) throw new Failure("BEARER_INVALID", { why: "it is too long" });
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        typ,
        issuer: SERVICE,
        audience: SERVICE,
        clockTolerance: TOLERANCE_S,
        currentDate: new Date(this.#now()),
        requiredClaims: ["sub", "iat", "nbf", ...required],
      });
      return CLAIMS.parse(payload);
    } catch (cause) {
      const known = cause instanceof joseErrors.JOSEError || cause instanceof z.ZodError;
      if (!known) throw cause;
      throw new Failure("BEARER_INVALID", { why: reasonOf(cause) }, { cause });
    }
  }
}

/** Words of our own: a token must not choose what stands in a log. */
function reasonOf(error: Error): string {
  if (error instanceof joseErrors.JWTExpired) return "it has expired";
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return "this registry did not sign it";
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return "its algorithm is not the registry's";
  if (error instanceof joseErrors.JWTClaimValidationFailed) return "its claims are not for this registry";
  return "it cannot be read";
}
