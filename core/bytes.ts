import { Failure } from "./errors.ts";

const SIZE = /^(\d+(?:\.\d*)?|\.\d+) ?([kmgtp]?)(?:i?b)?$/i;

/** Reads "512m", "1.5g", "64kb", "1024": units of 1024, as for `--memory`. Throws SIZE_INVALID. */
export function parseBytes(text: string): number {
  const [, amount, unit = ""] = SIZE.exec(text) ?? [];
  if (amount === undefined) throw new Failure("SIZE_INVALID", { text });
  const bytes = Math.trunc(
    Number(amount) * 1024 ** (unit === "" ? 0 : "kmgtp".indexOf(unit.toLowerCase()) + 1),
  );
  if (!Number.isSafeInteger(bytes)) throw new Failure("SIZE_INVALID", { text });
  return bytes;
}
