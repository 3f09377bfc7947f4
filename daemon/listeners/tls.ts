import { readFileSync } from "node:fs";
import { createServer, type Server, type ServerOptions } from "node:https";
import { createSecureContext } from "node:tls";
import { Failure } from "../../core/errors.ts";

/** PEM files. With `ca`, clients must show a certificate that it signed. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
}

/** Reads the files and makes what makes servers of them. Throws TLS_FILE_INVALID. */
export function tlsServers({ cert, key, ca }: TlsFiles): (options: ServerOptions) => Server {
  const material = {
    cert: read(cert),
    key: read(key),
    ...(ca === undefined ? {} : { ca: read(ca) }),
    minVersion: "TLSv1.2" as const,
  };
  try {
    createSecureContext(material);
  } catch (cause) {
    throw new Failure("TLS_FILE_INVALID", { file: cert, why: (cause as Error).message }, { cause });
  }
  const verify = ca !== undefined;
  return (options) =>
    createServer({
      ...options,
      ...material,
      // As node:http has it: a client that has no more input still wants the output.
      allowHalfOpen: true,
      requestCert: verify,
      rejectUnauthorized: verify,
    } as ServerOptions);
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Failure("TLS_FILE_INVALID", { file, why: "cannot be read" }, { cause });
  }
}
