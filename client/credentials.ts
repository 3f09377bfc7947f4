import type { CredentialSource, Credentials } from "../core/registry-credentials.ts";
import { serverOf } from "../core/registry-server.ts";

/** Where the credentials of this user are kept: on this side, never with the daemon. */
export interface CredentialKeeper extends CredentialSource {
  /** The file that has passwords as they are. */
  readonly path: string;
  /** True when a helper keeps them. */
  put(domain: string, credentials: Credentials): Promise<boolean>;
  /** False when there were none. */
  remove(domain: string): Promise<boolean>;
}

/** The header by which a daemon asks a registry as this user, or as who is `given`. */
export async function authHeader(
  source: CredentialSource,
  domain: string,
  given?: Credentials,
): Promise<{ readonly "x-registry-auth": string }> {
  const credentials = given ?? (await source.get(domain)) ?? {};
  const text = JSON.stringify(authConfig(credentials, domain));
  return { "x-registry-auth": Buffer.from(text).toString("base64url") };
}

/** The header by which a daemon asks each of several registries as this user, or as who is `given`. */
export async function authHeaders(
  source: CredentialSource,
  domains: readonly string[],
  given: CredentialSource = source,
): Promise<{ readonly "x-registry-config": string }> {
  const found = [...new Set(domains)].map(async (domain) => {
    const credentials = await given.get(domain);
    return credentials === undefined ? [] : [[serverOf(domain), authConfig(credentials, domain)] as const];
  });
  const configs = Object.fromEntries((await Promise.all(found)).flat());
  return { "x-registry-config": Buffer.from(JSON.stringify(configs)).toString("base64url") };
}

/** Docker Engine API 1.51 "AuthConfig". */
export function authConfig(credentials: Credentials, domain: string): Readonly<Record<string, string>> {
  const { username, password, identityToken, registryToken } = credentials;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
    ...(registryToken === undefined ? {} : { registrytoken: registryToken }),
    serveraddress: serverOf(domain),
  };
}
