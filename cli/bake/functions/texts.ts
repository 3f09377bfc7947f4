import { homedir } from "node:os";
import { posix } from "node:path";
import type { Value } from "../hcl/ast.ts";
import { toList, toNumber, toText } from "../hcl/values.ts";
import { format } from "./format.ts";
import type { Functions } from "./functions.ts";

const characters = (text: Value): readonly string[] =>
  Array.from(new Intl.Segmenter().segment(toText(text)), ({ segment }) => segment);

const trimmed = (
  text: Value,
  cut: Value,
  { start, end }: { readonly start: boolean; readonly end: boolean },
): string => {
  const set = new Set(toText(cut));
  let letters = Array.from(toText(text));
  while (start && letters[0] !== undefined && set.has(letters[0])) letters = letters.slice(1);
  while (end && set.has(letters.at(-1) ?? "")) letters = letters.slice(0, -1);
  return letters.join("");
};

export const TEXTS: Functions = {
  basename: (path = "") => posix.basename(toText(path)),
  chomp: (text = "") => toText(text).replace(/(?:\r?\n)+$/, ""),
  dirname: (path = "") => posix.dirname(toText(path)),
  format: (pattern = "", ...values) => format(toText(pattern), values),
  formatlist: (pattern = "", ...values) => {
    const length = Math.max(1, ...values.map((value) => (Array.isArray(value) ? value.length : 1)));
    const at = (value: Value, i: number): Value =>
      Array.isArray(value) ? ((value as Value[])[i] ?? null) : value;
    return Array.from({ length }, (_, i) =>
      format(
        toText(pattern),
        values.map((value) => at(value, i)),
      ),
    );
  },
  homedir: () => homedir(),
  indent: (spaces = 0, text = "") => toText(text).replaceAll("\n", `\n${" ".repeat(toNumber(spaces))}`),
  join: (separator = "", ...lists) =>
    lists.flatMap((list) => toList(list).map(toText)).join(toText(separator)),
  lower: (text = "") => toText(text).toLowerCase(),
  replace: (text = "", part = "", by = "") => toText(text).replaceAll(toText(part), () => toText(by)),
  reverse: (text = "") => [...characters(text)].reverse().join(""),
  sanitize: (text = "") => toText(text).replaceAll(/[^a-zA-Z0-9_-]/g, "_"),
  split: (separator = "", text = "") => toText(text).split(toText(separator)),
  strlen: (text = "") => characters(text).length,
  substr: (text = "", offset = 0, length = -1) => {
    const all = characters(text);
    const start = toNumber(offset) < 0 ? Math.max(0, all.length + toNumber(offset)) : toNumber(offset);
    return all.slice(start, toNumber(length) < 0 ? undefined : start + toNumber(length)).join("");
  },
  title: (text = "") =>
    toText(text).replaceAll(
      /(^|[^\p{L}\p{N}_'])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  trim: (text = "", cut = "") => trimmed(text, cut, { start: true, end: true }),
  trimprefix: (text = "", prefix = "") =>
    toText(text).startsWith(toText(prefix)) ? toText(text).slice(toText(prefix).length) : toText(text),
  trimspace: (text = "") => toText(text).trim(),
  trimsuffix: (text = "", suffix = "") =>
    toText(suffix) !== "" && toText(text).endsWith(toText(suffix))
      ? toText(text).slice(0, -toText(suffix).length)
      : toText(text),
  upper: (text = "") => toText(text).toUpperCase(),
};
