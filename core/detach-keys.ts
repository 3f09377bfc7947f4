import { Failure } from "./errors.ts";

const DEFAULT = "ctrl-p,ctrl-q";

/** Bytes of a detach sequence such as "ctrl-p,ctrl-q" or "a,ctrl-["; "" switches detaching off. */
export function parseDetachKeys(text: string = DEFAULT): Buffer {
  const bytes = text === "" ? [] : text.split(",").map((key) => readKey(key, text));
  return Buffer.from(bytes);
}

function readKey(key: string, whole: string): number {
  const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
  // A control character is its letter's code without the bits above the fifth.
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
  const want = 'letters or "ctrl-<letter>", separated by commas';
  throw new Failure("OPTION_INVALID", { option: "--detach-keys", got: whole, want });
}

/**
 * Passes input on until the detach sequence was typed. Keys that may begin the sequence are held back until they turn out not to.
 * Returns true when the sequence ended it, false when the input did.
 */
export async function* untilDetached(
  input: AsyncIterable<Uint8Array>,
  keys: Buffer,
): AsyncGenerator<Buffer, boolean> {
  let matched = 0;
  for await (const chunk of input) {
    const out: number[] = [];
    for (const byte of chunk) {
      if (keys.length > 0 && byte === keys[matched]) {
        matched++;
        if (matched === keys.length) {
          if (out.length > 0) yield Buffer.from(out);
          return true;
        }
        continue;
      }
      out.push(...keys.subarray(0, matched));
      matched = byte === keys[0] ? 1 : 0;
      if (matched === 0) out.push(byte);
    }
    if (out.length > 0) yield Buffer.from(out);
  }
  if (matched > 0) yield keys.subarray(0, matched);
  return false;
}
