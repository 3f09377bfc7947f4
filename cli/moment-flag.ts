import { Failure } from "../core/errors.ts";
import { parseMoment } from "../core/moment.ts";

export const MOMENT = 'a timestamp such as "2026-01-02T13:23:37Z" or a duration such as "42m"';

/** The moment a flag names, under its name; nothing when it was not given. Throws OPTION_INVALID. */
export function momentFlag<K extends "since" | "until">(
  name: K,
  text: string | undefined,
): { readonly [P in K]?: Date } {
  if (text === undefined || text === "") return {};
  const date = parseMoment(text, Date.now());
  if (date === undefined)
    throw new Failure("OPTION_INVALID", { option: `--${name}`, got: text, want: MOMENT });
  return { [name]: date } as { readonly [P in K]?: Date };
}
