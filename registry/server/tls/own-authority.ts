import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { Failure } from "../../../core/errors.ts";
import { readIfThere } from "../../../core/if-there.ts";
import { replaceFile } from "../../shared/replace-file.ts";
import type { Lifetime, Pair } from "./x509.ts";

/**
 * A registry's own authority, for networks without one:
 *
 *   <folder>/
 *     ca.crt        what clients have to know
 *     ca.key        signs; never leaves
 *     server.pem    the certificate in use with its key: one file, so that it is replaced at once
 */
export interface AuthorityFiles {
  readonly authority: string;
  readonly server: string;
}

const DAY_MS = 24 * 3_600_000;
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 365;
/** A certificate that ends sooner is replaced. */
const RENEW_DAYS = 60;
/** For clocks that go after ours. */
const BACKDATED_MS = 3_600_000;
const FIELD = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
const DNS_NAME = new RegExp(`^(?=.{1,253}$)(?:\\*\\.)?${FIELD}(?:\\.${FIELD})*$`);

/** What clients may call this machine: its name and its addresses. */
export function namesOfHost(): readonly string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ scopeid }) => !scopeid).map(({ address }) => address),
  );
  return [...new Set(["localhost", hostname(), ...addresses])].filter(isServerName);
}

export const isServerName = (name: string): boolean => isIP(name) !== 0 || DNS_NAME.test(name);

/**
 * Makes the authority and the server's certificate when they are missing, and another certificate when it does not hold for all of `names` or ends
 * soon; the authority stays. The caller sees to it that one process does so at a time. Rejects with REGISTRY_TLS_INVALID.
 */
export async function prepareOwnCertificate(
  folder: string,
  names: readonly string[],
  now: Date = new Date(),
): Promise<AuthorityFiles> {
  const paths = {
    cert: join(folder, "ca.crt"),
    key: join(folder, "ca.key"),
    server: join(folder, "server.pem"),
  };
  const files = { authority: paths.cert, server: paths.server };
  const authority = { cert: read(paths.cert), key: read(paths.key) };
  const served = read(paths.server);
  if (authority.cert !== "" && authority.key !== "" && isGood(served, { authority, names, now }, paths.cert))
    return files;
  const { makeAuthority, issueCertificate } = await import("./x509.ts");
  const signer = await keepAuthority(authority, paths, () =>
    makeAuthority(`slipway registry on ${hostname()}`, lifetime(now, AUTHORITY_DAYS)),
  );
  const { cert, key } = issueCertificate(signer, names, lifetime(now, SERVER_DAYS));
  await replaceFile(paths.server, key + cert);
  return files;
}

/** An authority clients know already is never replaced by itself. */
async function keepAuthority(
  known: Pair,
  paths: { readonly cert: string; readonly key: string },
  make: () => Pair,
): Promise<Pair> {
  if (known.cert !== "" && known.key !== "") return known;
  if (known.cert !== "") throw new Failure("REGISTRY_TLS_INVALID", { file: paths.key, why: "no such file" });
  const made = make();
  await replaceFile(paths.key, made.key);
  await replaceFile(paths.cert, made.cert);
  return made;
}

const lifetime = (now: Date, days: number): Lifetime => ({
  from: new Date(now.getTime() - BACKDATED_MS),
  to: new Date(now.getTime() + days * DAY_MS),
});

function isGood(
  served: string,
  want: { readonly authority: Pair; readonly names: readonly string[]; readonly now: Date },
  file: string,
): boolean {
  const authority = certificateOf(want.authority.cert);
  if (authority === undefined)
    throw new Failure("REGISTRY_TLS_INVALID", { file, why: "expected a certificate in PEM" });
  const certificate = certificateOf(served);
  if (certificate === undefined) return false;
  const covered = (name: string): boolean =>
    (isIP(name) === 0 ? certificate.checkHost(name, { subject: "never" }) : certificate.checkIP(name)) !==
    undefined;
  return (
    want.names.every(covered) &&
    certificate.verify(authority.publicKey) &&
    certificate.checkPrivateKey(createPrivateKey(served)) &&
    Date.parse(certificate.validTo) - want.now.getTime() > RENEW_DAYS * DAY_MS
  );
}

function certificateOf(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

/** Empty when it is not there. */
const read = (path: string): string => readIfThere(path) ?? "";
