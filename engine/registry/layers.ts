import { Failure } from "../../core/errors.ts";
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

/** `folder`: where access control keeps its files. Throws ACCESS_FILE_INVALID, REGISTRY_PLAIN_HTTP. */
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

/** Mistakes that would open the registry, or close it to everybody, are told of before it serves. */
function check({ host, port, anonymous, plainHttp, tls }: RegistryServeOptions): void {
  if (anonymous)
    throw new Failure("OPTION_INVALID", {
      option: "--anonymous",
      got: "true",
      want: "--anonymous-pull, as the registry has users",
    });
  const local = host !== undefined && (host === "localhost" || isLoopback(host));
  if (tls !== undefined || plainHttp || local) return;
  throw new Failure(
    "REGISTRY_PLAIN_HTTP",
    { address: `${host ?? ""}:${port}` },
    { hint: "add --tls, or --tls-cert and --tls-key, or listen on 127.0.0.1, or say --plain-http" },
  );
}
