import { sha256 } from "./sha256.ts";

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** The 32 bytes of HMAC-SHA256 (RFC 2104) of `content`, by what hashes here, as loading Node's cryptography takes longer than a small push may. */
export function hmacSha256(key: Uint8Array, content: string | Uint8Array): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(key.byteLength > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(Buffer.concat([block.map((byte) => byte ^ INNER), Buffer.from(content)]));
  return sha256(Buffer.concat([block.map((byte) => byte ^ OUTER), inner]));
}
