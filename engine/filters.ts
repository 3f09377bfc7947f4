import { Failure } from "../core/errors.ts";

/** "key" or "key=value" of a label filter. */
export function hasLabel(labels: Readonly<Record<string, string>> | undefined, wanted: string): boolean {
  const at = wanted.indexOf("=");
  const value = labels?.[at < 0 ? wanted : wanted.slice(0, at)];
  return value !== undefined && (at < 0 || value === wanted.slice(at + 1));
}

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, "1": true, false: false, "0": false };

export function readBoolean(filter: string, text: string): boolean {
  const value = BOOLEANS[text];
  if (value !== undefined) return value;
  throw new Failure("OPTION_INVALID", { option: `--filter ${filter}`, got: text, want: "true or false" });
}

export const unknownFilter = (key: string, known: readonly string[]): Failure =>
  new Failure("OPTION_INVALID", {
    option: "--filter",
    got: key,
    want: `one of ${[...known].sort().join(", ")}`,
  });
