import { timingSafeEqual } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Digest } from "../../core/digest.ts";
import { hmacSha256 } from "../../core/hmac.ts";
import { randomBytes } from "../../core/random.ts";
import { sha256 } from "../../core/sha256.ts";

/**
 * How a client on the same machine pushes without moving bytes (docs/adr/0009-a-push-to-ones-own-store-moves-no-bytes.md):
 * 1. The registry names its store in every response to GET /v2/: `Slipway-Store: <storeId(secret)>`.
 * 2. A client that can read the secret of its own state root and finds the same id there does not upload what its store has. It puts the manifest
 *    with `Slipway-Store-Proof: <storeProof(secret, …)>`, and what the manifest names of the store becomes part of the repository.
 */
export const STORE_HEADER = "slipway-store";
export const STORE_PROOF_HEADER = "slipway-store-proof";

const SECRET_BYTES = 32;

/** What the proof is for. */
export interface ProofSubject {
  /** The Host header of the request: "localhost:5000". */
  readonly host: string;
  readonly repository: string;
  /** Of the manifest. */
  readonly digest: Digest;
}

/** Tells stores apart without giving the secret away. */
export const storeId = (secret: Uint8Array): string =>
  sha256(Buffer.concat([Buffer.from("slipway store id\n"), secret]))
    .toString("hex")
    .slice(0, 32);

export const storeProof = (secret: Uint8Array, { host, repository, digest }: ProofSubject): string =>
  hmacSha256(secret, `slipway store proof v1\n${host.toLowerCase()}\n${repository}\n${digest}`).toString(
    "hex",
  );

export function isStoreProof(secret: Uint8Array, subject: ProofSubject, given: string): boolean {
  const want = Buffer.from(storeProof(secret, subject));
  const got = Buffer.from(given);
  return want.byteLength === got.byteLength && timingSafeEqual(want, got);
}

/** The secret of a state root (see Paths.registrySecret); undefined when it has none or this user may not read it. */
export function readSecret(path: string): Buffer | undefined {
  try {
    const secret = readFileSync(path);
    return secret.byteLength === SECRET_BYTES ? secret : undefined;
  } catch {
    return undefined;
  }
}

/** Of several processes that make it at once, one wins: link(2) does not replace. Makes its folder too. */
export function readOrMakeSecret(path: string): Buffer {
  const known = readSecret(path);
  if (known !== undefined) return known;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, randomBytes(SECRET_BYTES), { mode: 0o600 });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(temporary);
  }
  return readFileSync(path);
}
