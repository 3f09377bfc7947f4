import { Failure } from "../core/errors.ts";

/** `-f key=value`, repeated: the values of each key. Throws OPTION_INVALID. */
export function readFilters(given: readonly string[]): Record<string, string[]> {
  const filters: Record<string, string[]> = {};
  for (const text of given) {
    const at = text.indexOf("=");
    if (at <= 0) throw new Failure("OPTION_INVALID", { option: "--filter", got: text, want: "key=value" });
    const key = text.slice(0, at).trim().toLowerCase();
    filters[key] = [...(filters[key] ?? []), text.slice(at + 1).trim()];
  }
  return filters;
}
