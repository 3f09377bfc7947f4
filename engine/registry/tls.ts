import { setTimeout as sleep } from "node:timers/promises";
import { describeError, Failure } from "../../core/errors.ts";
import { accessPaths } from "../../registry/access/access-paths.ts";
import { isServerName, namesOfHost, prepareOwnCertificate } from "../../registry/server/tls/own-authority.ts";
import { TlsFiles } from "../../registry/server/tls/tls-files.ts";
import type { Store } from "../../store/types.ts";
import type { RegistryServeOptions, RegistryTls } from "./api.ts";

const LOCK = "registry-tls";
/** How often a certificate of one's own is looked at. */
const CHECK_MS = 24 * 3_600_000;

export interface OpenedTls {
  readonly files: TlsFiles;
  /** The file of the registry's own authority, if it is one. */
  readonly authority?: string;
  /** Replaces a certificate of one's own before it ends; resolves when the signal aborts. */
  renew(signal: AbortSignal): Promise<void>;
}

/** Rejects with REGISTRY_TLS_INVALID, OPTION_INVALID for a name no certificate can have. */
export async function openTls(
  tls: RegistryTls,
  { paths, locks }: Pick<Store, "paths" | "locks">,
  { report, flagPrefix = "" }: Pick<RegistryServeOptions, "report" | "flagPrefix">,
): Promise<OpenedTls> {
  if ("cert" in tls) return { files: new TlsFiles({ ...tls, report }), renew: async () => undefined };
  const wrong = tls.names.find((name) => !isServerName(name));
  if (wrong !== undefined)
    throw new Failure("OPTION_INVALID", {
      option: `--${flagPrefix}tls-name`,
      got: wrong,
      want: "a host name or an IP address",
    });
  const prepare = async () => {
    await using _lock = await locks.hold(LOCK);
    return await prepareOwnCertificate(accessPaths(paths.registry).tls, [...namesOfHost(), ...tls.names]);
  };
  const { authority, server } = await prepare();
  return {
    files: new TlsFiles({ cert: server, key: server, report }),
    authority,
    async renew(signal) {
      while (!signal.aborted) {
        await sleep(CHECK_MS, undefined, { signal }).catch(() => undefined);
        if (!signal.aborted) await prepare().catch((error: unknown) => report(describeError(error)));
      }
    },
  };
}
