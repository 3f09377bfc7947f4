import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { Failure } from "../../../core/errors.ts";
import { ifThere } from "../../../core/if-there.ts";

/** What a host's folder in certs.d holds: https://docs.docker.com/engine/security/certificates/ */
export interface HostCertificates {
  readonly ca: readonly string[];
  readonly clients: readonly { readonly cert: string; readonly key: string }[];
}

export const CERTIFICATE_FOLDERS: readonly string[] = ["/etc/slipway/certs.d", "/etc/docker/certs.d"];
/** Where Go programs look for the system's trust store. */
const SYSTEM_BUNDLES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** Reads the folders of a host by its names ("name", "name:port"). Throws REGISTRY_TLS when half of a client's pair is missing. */
export function readCertificates(names: readonly string[], folders: readonly string[]): HostCertificates {
  const found = folders.flatMap((folder) => names.map((name) => readFolder(join(folder, name), name)));
  return { ca: found.flatMap(({ ca }) => ca), clients: found.flatMap(({ clients }) => clients) };
}

function readFolder(folder: string, host: string): HostCertificates {
  const names = list(folder);
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  const missing = (name: string, other: string): Failure =>
    new Failure("REGISTRY_TLS", {
      url: host,
      why: `missing ${other} for client certificate ${name} in ${folder}`,
    });
  const clients = names
    .filter((name) => name.endsWith(".cert"))
    .map((name) => {
      const key = `${name.slice(0, -".cert".length)}.key`;
      if (!names.includes(key)) throw missing(name, key);
      return { cert: read(name), key: read(key) };
    });
  const orphan = names.find(
    (name) => name.endsWith(".key") && !names.includes(`${name.slice(0, -".key".length)}.cert`),
  );
  if (orphan !== undefined) throw missing(orphan, `${orphan.slice(0, -".key".length)}.cert`);
  return { ca: names.filter((name) => name.endsWith(".crt")).map(read), clients };
}

const list = (folder: string): readonly string[] => ifThere(() => readdirSync(folder).sort()) ?? [];

let system: readonly string[] | undefined;

/** The authorities this machine trusts: SSL_CERT_FILE, else the system's bundle, else Node's own. */
export function systemAuthorities(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  const own = env["SSL_CERT_FILE"];
  if (own !== undefined && own !== "") return [readFileSync(own, "utf8")];
  system ??= firstReadable(SYSTEM_BUNDLES) ?? rootCertificates;
  return system;
}

function firstReadable(paths: readonly string[]): readonly string[] | undefined {
  for (const path of paths) {
    try {
      return [readFileSync(path, "utf8")];
    } catch {
      // The next distribution's place, then.
    }
  }
  return undefined;
}
