import type { Abortable } from "../../core/streams.ts";
import type { CredentialSource } from "./auth/credentials.ts";
import type { Asked } from "./registries.ts";

/** How several registries are asked: as whom each, if not with the credentials that are kept. */
export interface AskedEach extends Abortable {
  readonly credentials?: CredentialSource;
}

/** How one of them is asked: as nobody where there are no credentials for it. */
export async function askedAt(domain: string, options: AskedEach): Promise<Asked> {
  const { credentials, ...rest } = options;
  return credentials === undefined ? rest : { ...rest, credentials: (await credentials.get(domain)) ?? {} };
}
