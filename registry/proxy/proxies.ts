import { Failure } from "../../core/errors.ts";
import { parseBase } from "../client/mirrors.ts";
import { isRepository } from "../server/names.ts";

/** Repositories below `prefix/`, or all with an empty prefix, are copies of what an upstream has. */
export interface Proxied {
  readonly prefix: string;
  readonly base: URL;
}

/** Reads `--proxy` values: "prefix=https://upstream", or a URL for everything. The longest prefix comes first. Throws OPTION_INVALID. */
export function parseProxies(texts: readonly string[]): readonly Proxied[] {
  const found = texts.map((text) => {
    const [, prefix = "", url = ""] = /^(?:([^=:]*)=)?(.*)$/.exec(text) ?? [];
    if (prefix !== "" && !isRepository(prefix)) throw invalid(text, "a prefix of repository names before =");
    if (prefix === "" && text.startsWith("="))
      throw invalid(text, "PREFIX=URL, or a URL alone for everything");
    return { prefix, base: parseBase("--proxy", url) };
  });
  const twice = found.find(({ prefix }, i) => found.findIndex((other) => other.prefix === prefix) !== i);
  if (twice !== undefined)
    throw invalid(`${twice.prefix}=${twice.base.href}`, "one upstream for each prefix");
  return found.sort((a, b) => b.prefix.length - a.prefix.length);
}

const invalid = (got: string, want: string): Failure =>
  new Failure("OPTION_INVALID", { option: "--proxy", got, want });

/** What a repository is called upstream; undefined when it is not below the prefix. */
export function remoteName(prefix: string, repository: string): string | undefined {
  if (prefix === "") return repository;
  return repository.startsWith(`${prefix}/`) ? repository.slice(prefix.length + 1) : undefined;
}
