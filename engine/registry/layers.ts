import { Failure, messageOf } from "../../core/errors.ts";
import { accessPaths } from "../../registry/access/access-paths.ts";
import { Accounts } from "../../registry/server/access/accounts.ts";
import type { Guard } from "../../registry/server/access/guard.ts";
import { TokenIssuer } from "../../registry/server/access/token-issuer.ts";
import type { Layer } from "../../registry/server/call.ts";
import { tokenRoute } from "../../registry/server/handlers/token.ts";
import { access } from "../../registry/server/layers/access.ts";
import { isLoopback } from "../../registry/server/layers/local-only.ts";
import type { Route } from "../../registry/server/routes.ts";
import { readOrMakeSecret } from "../../registry/shared/store-proof.ts";
import type { RegistryServeOptions } from "./api.ts";

/** What stands around the end-points of a registry, and the end-points it brings along. */
export interface Surroundings {
  readonly layers: readonly Layer[];
  readonly routes: readonly Route[];
}

/** `folder`: where access control keeps its files. Throws ACCESS_FILE_INVALID, REGISTRY_PLAIN_HTTP, OPTION_INVALID. */
export function surround(options: RegistryServeOptions, folder: string): Surroundings {
  const { anonymous, plainHttp, externalUrl } = options;
  const guard = openGuard(options, folder);
  if (guard.accounts.isGuarded) check(options);
  const url = externalUrl === undefined ? {} : { externalUrl };
  return {
    layers: [access({ ...guard, anonymous, plainHttp, ...url })],
    routes: [tokenRoute(guard)],
  };
}

function openGuard(options: RegistryServeOptions, folder: string): Guard {
  const { report, anonymousPull } = options;
  const paths = accessPaths(folder);
  const files = {
    htpasswd: options.htpasswd ?? paths.htpasswd,
    policy: options.policy ?? paths.policy,
    tokens: paths.tokens,
  };
  const rules =
    anonymousPull.length === 0
      ? []
      : [{ users: ["anonymous"], repositories: anonymousPull, actions: ["pull" as const] }];
  return {
    accounts: new Accounts({ files, rules, report }),
    issuer: new TokenIssuer({ key: readOrMakeSecret(paths.signingKey) }),
  };
}

/**
 * Tells of what closes the registry to other machines before it serves. What the options say themselves is a mistake of theirs; users may have come since
 * it served last, also from afar: they do not end it while it serves, so they do not keep it from serving again either.
 */
function check(options: RegistryServeOptions): void {
  const { anonymousPull, htpasswd, policy, report } = options;
  const isOwnMistake = anonymousPull.length > 0 || htpasswd !== undefined || policy !== undefined;
  for (const problem of [openProblem(options), plainProblem(options)]) {
    if (problem === undefined) continue;
    if (isOwnMistake) throw problem;
    report(`the registry does not serve other machines as asked: ${messageOf(problem)}`);
  }
}

const flagOf = ({ flagPrefix = "" }: RegistryServeOptions, name: string): string => `--${flagPrefix}${name}`;

function openProblem(options: RegistryServeOptions): Failure | undefined {
  if (!options.anonymous) return undefined;
  const want = `${flagOf(options, "anonymous-pull")}, as the registry has users`;
  return new Failure("OPTION_INVALID", { option: flagOf(options, "anonymous"), got: "true", want });
}

function plainProblem(options: RegistryServeOptions): Failure | undefined {
  const { host, port, plainHttp, tls } = options;
  const isLocal = host !== undefined && (host === "localhost" || isLoopback(host));
  if (tls !== undefined || plainHttp || isLocal) return undefined;
  const [own, cert, key, plain] = ["tls", "tls-cert", "tls-key", "plain-http"].map((name) =>
    flagOf(options, name),
  );
  return new Failure(
    "REGISTRY_PLAIN_HTTP",
    { address: `${host ?? ""}:${port}` },
    { hint: `add ${own}, or ${cert} and ${key}, or listen on 127.0.0.1, or say ${plain}` },
  );
}
