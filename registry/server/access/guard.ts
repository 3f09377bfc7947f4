import { Failure } from "../../../core/errors.ts";
import type { Allows } from "../../access/rights.ts";
import type { Call } from "../call.ts";
import type { Accounts } from "./accounts.ts";
import { parseAuthorization } from "./authorization.ts";
import type { Principal } from "./principal.ts";
import { scopesAllow } from "./scopes.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/** Who a request comes from, and what its token limits it to. */
export interface Session {
  readonly principal: Principal;
  /** Undefined: no token, so the principal's rights are the only limit. */
  readonly scope?: Allows;
}

export interface Guard {
  readonly accounts: Accounts;
  readonly issuer: TokenIssuer;
}

/** Rejects with CREDENTIALS_INVALID, BEARER_INVALID, TOO_MANY_ATTEMPTS. */
export async function identify(
  { accounts, issuer }: Guard,
  { headers, remoteAddress }: Pick<Call, "headers" | "remoteAddress">,
): Promise<Session> {
  const given = parseAuthorization(headers.authorization);
  if (given.scheme === "none") return { principal: accounts.anonymous() };
  if (given.scheme === "basic")
    return { principal: await accounts.logIn({ ...given, address: remoteAddress }) };
  const { access, ...claims } = await issuer.checkAccess(given.token);
  return { principal: standingFor(accounts, claims), scope: scopesAllow(access) };
}

/** The principal a token was made for, if the account is still there with the password it had then. Throws BEARER_INVALID. */
export function standingFor(
  accounts: Accounts,
  { sub, stamp }: { readonly sub: string; readonly stamp: string },
): Principal {
  const principal = sub === "" ? accounts.anonymous() : accounts.find(sub);
  if (principal?.stamp !== stamp)
    throw new Failure("BEARER_INVALID", { why: "the account it was made for has changed or is gone" });
  return principal;
}
