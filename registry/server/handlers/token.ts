import { Failure } from "../../../core/errors.ts";
import { formatScope, type Scope } from "../../shared/scope.ts";
import { parseAuthorization } from "../access/authorization.ts";
import { type Guard, standingFor } from "../access/guard.ts";
import type { Principal } from "../access/principal.ts";
import { grantedScopes, readScopes } from "../access/scopes.ts";
import { LIFETIME_S, SERVICE } from "../access/token-issuer.ts";
import type { Answer, Call, Handler } from "../call.ts";
import { errorAnswer } from "../errors.ts";
import type { Route } from "../routes.ts";
import { readSmallBody } from "../small-body.ts";
import { TOKEN_PATH } from "../token-url.ts";

const FORM_LIMIT = 64 << 10;

interface TokenRequest {
  readonly principal: Principal;
  readonly scopes: readonly Scope[];
  /** Whether a refresh token is wanted too. */
  readonly offline: boolean;
}

export function tokenRoute(guard: Guard): Route {
  const handle =
    (read: typeof fromQuery): Handler =>
    async (call) => {
      try {
        const request = await read(guard, call);
        if (request.principal.name !== undefined) call.caller.user = request.principal.name;
        return await issue(guard, request);
      } catch (error) {
        return refusal(error);
      }
    };
  return {
    name: "token",
    pattern: new RegExp(`^${TOKEN_PATH}$`),
    methods: {
      GET: { action: "token", handle: handle(fromQuery) },
      POST: { action: "token", handle: handle(fromForm) },
    },
  };
}

function refusal(error: unknown): Answer {
  const answer = errorAnswer(error);
  const ask = answer.status === 401 ? { "www-authenticate": `Basic realm="${SERVICE}"` } : {};
  return { ...answer, headers: { ...answer.headers, ...ask } };
}

/** https://distribution.github.io/distribution/spec/auth/token/: nobody gets a token too, for what everybody may do. */
async function fromQuery(
  { accounts }: Guard,
  { query, headers, remoteAddress }: Call,
): Promise<TokenRequest> {
  checkService(query);
  const scopes = readScopes(query.getAll("scope"));
  const given = parseAuthorization(headers.authorization);
  const account = query.get("account");
  if (given.scheme === "none") return { principal: accounts.anonymous(), scopes, offline: false };
  if (given.scheme === "bearer" || (account !== null && account !== given.user))
    throw new Failure("CREDENTIALS_INVALID", { why: "expected the password of the account as Basic" });
  const principal = await accounts.logIn({ ...given, address: remoteAddress });
  return { principal, scopes, offline: query.get("offline_token") === "true" };
}

/** https://distribution.github.io/distribution/spec/auth/oauth/ */
async function fromForm(guard: Guard, call: Call): Promise<TokenRequest> {
  const form = await readForm(call);
  checkService(form);
  const scopes = readScopes(form.getAll("scope"));
  const grant = form.get("grant_type");
  const read = GRANTS.get(grant ?? "");
  if (read === undefined)
    throw new Failure("TOKEN_REQUEST_INVALID", { why: "expected grant_type password or refresh_token" });
  const principal = await read(guard, form, call.remoteAddress);
  return { principal, scopes, offline: form.get("access_type") === "offline" || grant === "refresh_token" };
}

type ReadGrant = (guard: Guard, form: URLSearchParams, address: string) => Promise<Principal>;
const GRANTS: ReadonlyMap<string, ReadGrant> = new Map<string, ReadGrant>([
  [
    "password",
    ({ accounts }, form, address) =>
      accounts.logIn({ user: form.get("username") ?? "", password: form.get("password") ?? "", address }),
  ],
  [
    "refresh_token",
    async ({ accounts, issuer }, form) =>
      standingFor(accounts, await issuer.checkRefresh(form.get("refresh_token") ?? "")),
  ],
]);

async function readForm(call: Call): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(call.headers["content-type"] ?? ""))
    throw new Failure("TOKEN_REQUEST_INVALID", { why: "expected application/x-www-form-urlencoded" });
  try {
    return new URLSearchParams((await readSmallBody(call, FORM_LIMIT)).toString());
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new Failure("TOKEN_REQUEST_INVALID", { why: `more than ${FORM_LIMIT} bytes` }, { cause });
  }
}

function checkService(parameters: URLSearchParams): void {
  const service = parameters.get("service");
  if (service !== null && service !== SERVICE)
    throw new Failure("TOKEN_REQUEST_INVALID", {
      why: `this is the token service of ${SERVICE}, not of ${JSON.stringify(service.slice(0, 100))}`,
    });
}

async function issue({ issuer }: Guard, { principal, scopes, offline }: TokenRequest): Promise<Answer> {
  const granted = grantedScopes(scopes, principal.allows);
  const token = await issuer.access(principal, granted);
  const document = {
    token,
    access_token: token,
    expires_in: LIFETIME_S,
    issued_at: new Date().toISOString(),
    scope: granted.map(formatScope).join(" "),
    ...(offline && principal.name !== undefined ? { refresh_token: await issuer.refresh(principal) } : {}),
  };
  return {
    status: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify(document),
  };
}
