import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";

const SECCOMP = /^seccomp[=:](.*)$/s;
const NO_FILES = ["", "unconfined", "builtin"];

/** The options with the text of the seccomp profile in place of its file's name, as docker sends it. Throws OPTION_INVALID. */
export const readSecurityOptions = (options: readonly string[], cwd: string): readonly string[] =>
  options.map((option) => {
    const [, file] = SECCOMP.exec(option) ?? [];
    if (file === undefined || NO_FILES.includes(file)) return option;
    try {
      return `seccomp=${JSON.stringify(JSON.parse(readFileSync(resolve(cwd, file), "utf8")))}`;
    } catch (cause) {
      const want = "a file with a seccomp profile in JSON";
      throw new Failure("OPTION_INVALID", { option: "--security-opt seccomp", got: file, want }, { cause });
    }
  });
