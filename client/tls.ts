import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../core/errors.ts";
import { isMissing } from "../core/if-there.ts";

/** How a connection by TLS is made: PEM texts. */
export interface ClientTls {
  /** Whom the daemon's certificate must be signed by; the authorities of this machine when absent. */
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
  /** False: the daemon may be anybody. */
  readonly verify: boolean;
}

/** Where they are: a file that is named must be there, one with Docker's name in the folder need not. */
export interface TlsFiles {
  readonly folder: string;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Throws TLS_FILE_INVALID, also for a certificate without its key. */
export function readTls({ folder, ...named }: TlsFiles): Omit<ClientTls, "verify"> {
  const read = (name: keyof typeof named): Buffer | undefined => {
    const file = named[name];
    return file === undefined ? readFile(join(folder, `${name}.pem`), false) : readFile(file, true);
  };
  const [ca, cert, key] = [read("ca"), read("cert"), read("key")];
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? "cert" : "key";
    const file = named[missing] ?? join(folder, `${missing}.pem`);
    throw new Failure("TLS_FILE_INVALID", { file, why: "a certificate and its key are needed together" });
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key }),
  };
}

function readFile(file: string, required: boolean): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (cause) {
    if (isMissing(cause) && !required) return undefined;
    throw new Failure("TLS_FILE_INVALID", { file, why: (cause as Error).message }, { cause });
  }
}
