import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { Failure } from "../../../core/errors.ts";
import { ReloadedFile } from "../access/reloaded-file.ts";
import type { Pair } from "./x509.ts";

export interface TlsFilesOptions {
  /** The server's certificate, then those that lead to its authority; PEM. */
  readonly cert: string;
  /** May be the same file. */
  readonly key: string;
  /** One line about files that cannot be used. */
  readonly report: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * The certificate and key to serve with, as their files say now. While one has been replaced and the other not yet, and when what is there is no
 * good, the pair before stays in force.
 */
export class TlsFiles {
  readonly #file: ReloadedFile<Pair>;
  readonly #first: Pair;

  /** Throws REGISTRY_TLS_INVALID. */
  constructor({ cert, key, report, now = Date.now }: TlsFilesOptions) {
    const parse = (text: string): Pair => {
      const pair = check({ cert: text, key: read(key) }, { cert, key });
      warnOfEnd(pair, { cert, report, now });
      return pair;
    };
    this.#file = new ReloadedFile({ path: cert, beside: [key], parse, report, now });
    const first = this.#file.current;
    if (first === undefined) throw new Failure("REGISTRY_TLS_INVALID", { file: cert, why: "no such file" });
    this.#first = first;
  }

  /** The same object until the files change. */
  get current(): Pair {
    return this.#file.current ?? this.#first;
  }
}

type Paths = Pick<TlsFilesOptions, "cert" | "key">;

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "no such file" : (cause as Error).message;
    throw new Failure("REGISTRY_TLS_INVALID", { file, why }, { cause });
  }
}

function check(pair: Pair, { cert, key }: Paths): Pair {
  const [file, problem] = problemOf(pair, { cert, key }) ?? [];
  if (file !== undefined && problem !== undefined)
    throw new Failure("REGISTRY_TLS_INVALID", { file, why: problem });
  return pair;
}

function problemOf(pair: Pair, { cert, key }: Paths): readonly [file: string, why: string] | undefined {
  if (!pair.cert.includes("-----BEGIN CERTIFICATE-----")) return [cert, "expected a certificate in PEM"];
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pair.key)) return [key, "expected a private key in PEM"];
  if (/ENCRYPTED/.test(pair.key)) return [key, "the key is encrypted: expected one without a pass phrase"];
  try {
    createSecureContext({ ...pair });
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return /key values mismatch/.test(message)
      ? [key, `the key is not that of the certificate ${cert}`]
      : [cert, message];
  }
}

function warnOfEnd(
  pair: Pair,
  { cert, report, now }: Pick<TlsFilesOptions, "cert" | "report"> & { readonly now: () => number },
): void {
  const { validTo } = new X509Certificate(pair.cert);
  if (Date.parse(validTo) <= now()) report(`${cert}: the certificate has expired on ${validTo}`);
}
