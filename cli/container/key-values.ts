import { readFileSync } from "node:fs";
import { Failure } from "../../core/errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * "NAME=value" entries of files and flags, in that order. A bare NAME takes its value from `env` and is left out when it is not set there.
 */
export function readEnv(files: readonly string[], given: readonly string[], env: Env): string[] {
  const lines = [...files.flatMap((file) => readLines(file, "--env-file")), ...given];
  return lines.flatMap((line) => {
    const name = line.split("=", 1)[0] ?? "";
    if (name === "" || /\s/.test(name)) {
      const want = name === "" ? "NAME=value" : "a name without white space";
      throw new Failure("OPTION_INVALID", { option: "--env", got: line, want });
    }
    if (line.includes("=")) return [line];
    const value = env[name];
    return value === undefined ? [] : [`${name}=${value}`];
  });
}

export function readLabels(files: readonly string[], given: readonly string[]): Record<string, string> {
  return keyValues([...files.flatMap((file) => readLines(file, "--label-file")), ...given]);
}

/** "key=value" entries as a record; a bare key has an empty value, the last of equal keys wins. */
export function keyValues(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf("=");
      return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** Lines of a file of variables or labels: "#" begins a comment line, leading white space does not count. */
function readLines(file: string, option: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new Failure("OPTION_INVALID", { option, got: file, want: "a readable file" }, { cause });
  }
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line) => line.trimStart())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** What is before and after the first `separator`; all and "" where there is none. */
export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
