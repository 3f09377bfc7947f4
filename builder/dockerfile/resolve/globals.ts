import { formatPlatform, type Platform } from "../../../core/platform.ts";
import { type ExpandOptions, expandWord } from "../expand.ts";
import type { Arg } from "../instructions/types.ts";
import { locate } from "../problem.ts";

export interface GlobalOptions {
  readonly file: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly buildPlatform: Platform;
  readonly targetPlatform: Platform;
  /** The target stage's name, "" when it has none. */
  readonly targetName: string;
  readonly lexer: ExpandOptions;
}

/** ARGs that exist without being declared before the first FROM. https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope */
function platformArguments({
  buildPlatform,
  targetPlatform,
  targetName,
}: GlobalOptions): readonly (readonly [string, string])[] {
  return [
    ["BUILDPLATFORM", formatPlatform(buildPlatform)],
    ["BUILDOS", buildPlatform.os],
    ["BUILDOSVERSION", ""],
    ["BUILDARCH", buildPlatform.architecture],
    ["BUILDVARIANT", buildPlatform.variant ?? ""],
    ["TARGETPLATFORM", formatPlatform(targetPlatform)],
    ["TARGETOS", targetPlatform.os],
    ["TARGETOSVERSION", ""],
    ["TARGETARCH", targetPlatform.architecture],
    ["TARGETVARIANT", targetPlatform.variant ?? ""],
    ["TARGETSTAGE", targetName || "default"],
  ];
}

/** What FROM lines, and ARGs without a value inside stages, can refer to. Throws DOCKERFILE_INVALID. */
export function globalArguments(args: readonly Arg[], options: GlobalOptions): ReadonlyMap<string, string> {
  const { buildArgs, file, lexer } = options;
  const values = new Map(
    platformArguments(options).map(([name, value]) => [name, buildArgs.get(name) ?? value]),
  );
  for (const { args: declared, lines } of args) {
    for (const { key, value } of declared) {
      try {
        const given = buildArgs.get(key);
        const chosen = given ?? (value === undefined ? undefined : expandWord(value, values, lexer).text);
        if (chosen !== undefined) values.set(key, chosen);
      } catch (error) {
        throw locate(error, { file, lines });
      }
    }
  }
  return values;
}

const PROXY = new Set(["http_proxy", "https_proxy", "ftp_proxy", "no_proxy", "all_proxy"]);

/** Proxy settings among the build arguments: they reach every RUN in both letter cases, undeclared. */
export function proxyEnvironment(buildArgs: ReadonlyMap<string, string>): readonly string[] {
  const found = new Map<string, string>();
  for (const [name, value] of [...buildArgs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (PROXY.has(name.toLowerCase())) found.set(name.toLowerCase(), value);
  }
  return [...found]
    .filter(([, value]) => value !== "")
    .flatMap(([name, value]) => [`${name.toUpperCase()}=${value}`, `${name}=${value}`]);
}
