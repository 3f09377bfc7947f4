import { createHash } from "node:crypto";

/** The 32 bytes of the sha256 of `content` (a string is taken as UTF-8). */
export type Sha256 = (content: string | Uint8Array) => Buffer;

let implementation: Sha256 = (content) => createHash("sha256").update(content).digest();

export const sha256: Sha256 = (content) => implementation(content);

/** Computes them otherwise from now on: loading Node's takes longer than all that a short command hashes. */
export function hashWith(other: Sha256): void {
  implementation = other;
}
