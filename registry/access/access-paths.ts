import { join } from "node:path";

/**
 * Where a registry's access control keeps its files, all 0600:
 *
 *   <folder>/
 *     htpasswd        users and bcrypt hashes
 *     policy.json     who may do what
 *     tokens.json     robot tokens
 *     retention.json  which tags grow old
 *     webhooks.json   who is told of what happens
 *     signing.key     signs the token service's tokens
 *     tls/            the authority and certificate made by --tls
 */
export interface AccessPaths {
  readonly htpasswd: string;
  readonly policy: string;
  readonly tokens: string;
  readonly retention: string;
  readonly webhooks: string;
  readonly signingKey: string;
  readonly tls: string;
}

export const accessPaths = (folder: string): AccessPaths => ({
  htpasswd: join(folder, "htpasswd"),
  policy: join(folder, "policy.json"),
  tokens: join(folder, "tokens.json"),
  retention: join(folder, "retention.json"),
  webhooks: join(folder, "webhooks.json"),
  signingKey: join(folder, "signing.key"),
  tls: join(folder, "tls"),
});
