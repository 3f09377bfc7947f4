import { isAsciiSpace, quote, trimStart } from "./characters.ts";
import { Problem } from "./problem.ts";
import { cutSpace, splitWords, WHITESPACE } from "./split.ts";

export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
}
/** Turns what stands behind keyword and flags into arguments. Throws a Problem. */
type ArgumentParser = (rest: string, escapeChar: string) => Arguments;

const plain = (args: readonly string[]): Arguments => ({ args, json: false });

/** A JSON array of strings; undefined when the text is no JSON array. */
function jsonArray(text: string): Arguments | undefined {
  const source = trimStart(text);
  if (!source.startsWith("[")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    return undefined;
  }
  if (!isStrings(value)) {
    throw new Problem("when using JSON array syntax, arrays must be comprised of strings only");
  }
  return { args: value.map((text) => text.replace(/\p{Surrogate}/gu, "\ufffd")), json: true };
}
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

const whole: ArgumentParser = (rest) => plain(rest === "" ? [] : [rest]);
const list: ArgumentParser = (rest) => plain(rest === "" ? [] : rest.split(WHITESPACE));
const jsonOr =
  (other: ArgumentParser): ArgumentParser =>
  (rest, escapeChar) =>
    jsonArray(rest) ?? other(rest, escapeChar);
const words: ArgumentParser = (rest, escapeChar) => plain(splitWords(rest, escapeChar));

/** `name=value …`, or the legacy `name value` when the first word has no "=". */
const pairs =
  (keyword: string): ArgumentParser =>
  (rest, escapeChar) => {
    const found = splitWords(rest, escapeChar);
    const [first] = found;
    if (first === undefined) return plain([]);
    if (!first.includes("=")) {
      const [name, value] = cutSpace(rest);
      if (value === undefined) throw new Problem(`${keyword} must have two arguments`);
      return plain([name, value, ""]);
    }
    return plain(found.flatMap(pair));
  };

function pair(word: string): readonly string[] {
  const at = word.indexOf("=");
  if (at < 0) {
    throw new Problem(`Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`);
  }
  return [word.slice(0, at), word.slice(at + 1), "="];
}

/** HEALTHCHECK: a type, then what CMD takes. */
const healthcheck: ArgumentParser = (rest, escapeChar) => {
  if (rest === "") return plain([]);
  let end = 0;
  while (end < rest.length && !isAsciiSpace(rest.charAt(end))) end++;
  let next = end;
  while (isAsciiSpace(rest.charAt(next))) next++;
  const command = jsonOr(whole)(rest.slice(next), escapeChar);
  return { args: [rest.slice(0, end), ...command.args], json: command.json };
};

/** By keyword; ONBUILD, which nests, is the parser's own affair. */
export const ARGUMENT_PARSERS: Readonly<Record<string, ArgumentParser | undefined>> = {
  add: jsonOr(list),
  arg: words,
  cmd: jsonOr(whole),
  copy: jsonOr(list),
  entrypoint: jsonOr(whole),
  env: pairs("ENV"),
  expose: list,
  from: list,
  healthcheck,
  label: pairs("LABEL"),
  maintainer: whole,
  run: jsonOr(whole),
  shell: jsonOr(whole),
  stopsignal: whole,
  user: whole,
  volume: jsonOr(list),
  workdir: whole,
};

/** The instructions a Dockerfile can have. */
export const KEYWORDS: readonly string[] = [...Object.keys(ARGUMENT_PARSERS), "onbuild"].map((name) =>
  name.toUpperCase(),
);
