import { Failure, isCode, isKind } from "../../../core/errors.ts";
import { type Guard, identify, type Session } from "../access/guard.ts";
import { neededScopes, rightFor } from "../access/scopes.ts";
import { SERVICE } from "../access/token-issuer.ts";
import type { Answer, Call, Handler, Layer } from "../call.ts";
import { errorAnswer } from "../errors.ts";
import { tokenUrl } from "../token-url.ts";
import { isLoopback, localOnly } from "./local-only.ts";

export interface AccessOptions extends Guard {
  /** Without users: whether other machines may do everything. */
  readonly anonymous?: boolean;
  /** Whether passwords may cross the network without TLS, because somebody in front ends it. */
  readonly plainHttp?: boolean;
  /** How clients reach the registry, when that is not where they send their requests: "https://registry.example.com". */
  readonly externalUrl?: string;
}

/**
 * Lets through what the policy allows. Without credentials, with wrong ones, or with a token too narrow: 401 and where to get a token; whoever has
 * logged in and may not: 403. While nobody is known, this machine may do everything and others nothing.
 */
export const access = (options: AccessOptions): Layer => {
  return (next) => {
    const open = options.anonymous === true ? next : localOnly(next);
    return async (call) => {
      if (call.target.action === "health") return next(call);
      if (!options.accounts.isGuarded) return open(call);
      checkTransport(call, options);
      // The token service finds out itself who asks.
      if (call.target.action === "token") return next(call);
      return guarded(call, next, options);
    };
  };
};

function checkTransport(
  { secure, remoteAddress, headers }: Call,
  { plainHttp = false }: AccessOptions,
): void {
  if (secure || plainHttp || isLoopback(remoteAddress)) return;
  throw new Failure("REGISTRY_PLAIN_HTTP", { address: headers.host ?? "the registry" });
}

async function guarded(call: Call, next: Handler, options: AccessOptions): Promise<Answer> {
  try {
    const session = await identify(options, call);
    const { principal } = session;
    if (principal.name !== undefined) call.caller.user = principal.name;
    call.caller.may = (action, repository) => mayDo(session, { action, repository });
    decide(session, call);
  } catch (error) {
    if (!isKind(error, "unauthorized")) throw error;
    const answer = errorAnswer(error);
    return { ...answer, headers: { ...answer.headers, "www-authenticate": challenge(call, error, options) } };
  }
  return next(call);
}

type Wanted = { readonly action: Call["target"]["action"]; readonly repository?: string | undefined };

function mayDo({ principal, scope }: Session, { action, repository }: Wanted): boolean {
  const right = rightFor(action);
  if (right === undefined) return true;
  return principal.allows(right, repository) && (scope === undefined || scope(right, repository));
}

/** Throws LOGIN_REQUIRED, ACCESS_DENIED, SCOPE_INSUFFICIENT. */
function decide(session: Session, call: Call): void {
  const { principal, scope } = session;
  const { action, repository } = call.target;
  const right = rightFor(action);
  if (right === undefined) {
    // Clients ask for /v2/ to learn how to log in, and whether they have.
    if (principal.name === undefined && scope === undefined) throw new Failure("LOGIN_REQUIRED", {});
    return;
  }
  const tooNarrow = (): Failure =>
    new Failure("SCOPE_INSUFFICIENT", { scope: neededScopes(right, repository, null) });
  if (!principal.allows(right, repository)) {
    // Docker asks for a password at a terminal unless it hears that a token it has, anybody's, is too narrow.
    if (principal.name === undefined && scope !== undefined) throw tooNarrow();
    if (principal.name === undefined) throw new Failure("LOGIN_REQUIRED", {});
    const where = repository === undefined ? {} : { repository };
    throw new Failure("ACCESS_DENIED", { user: principal.name, action: right, ...where });
  }
  if (!mayDo(session, call.target)) throw tooNarrow();
}

/** https://distribution.github.io/distribution/spec/auth/token/ */
function challenge(call: Call, error: unknown, { externalUrl }: AccessOptions): string {
  const { action, repository } = call.target;
  const right = rightFor(action);
  const why = isCode(error, "BEARER_INVALID")
    ? "invalid_token"
    : isCode(error, "SCOPE_INSUFFICIENT")
      ? "insufficient_scope"
      : undefined;
  const parameters = {
    realm: tokenUrl(call, externalUrl),
    service: SERVICE,
    scope: right === undefined ? undefined : neededScopes(right, repository, call.query.get("from")),
    error: why,
  };
  const pairs = Object.entries(parameters).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  );
  return `Bearer ${pairs.join(",")}`;
}
