import { Failure } from "../../core/errors.ts";
import type { RegistryServeOptions } from "../../engine/api.ts";
import type { FlagValues } from "../flags.ts";
import { TLS_FLAGS, tlsOf } from "./tls.ts";

/** Flags that say who reaches a registry, and how. */
export const REACH_FLAGS = {
  anonymous: { kind: "bool", help: "Let other machines push, pull and delete without a password" },
  "anonymous-pull": {
    kind: "list",
    type: "glob",
    help: "Repositories that anybody may pull without a password, as team/* or **",
  },
  ...TLS_FLAGS,
  "plain-http": { kind: "bool", help: "Let passwords cross the network without TLS" },
  "external-url": {
    kind: "string",
    type: "url",
    help: "How clients reach the registry when a proxy in front ends TLS",
  },
} as const;

/** The part of a registry's options that the flags are, and where their file names begin. */
export interface Reach {
  readonly cwd: string;
  readonly flags: FlagValues<typeof REACH_FLAGS>;
  /** What stands before the names of the flags in a command that has others besides: "registry-". */
  readonly flagPrefix: string;
}

/** Throws OPTION_INVALID. */
export function reachOf({ cwd, flags, flagPrefix }: Reach) {
  const flag = (name: keyof typeof REACH_FLAGS): string => `--${flagPrefix}${name}`;
  const tls = tlsOf(cwd, flags, flag);
  const externalUrl = parseUrl(flag("external-url"), flags["external-url"]);
  return {
    anonymous: flags.anonymous,
    anonymousPull: flags["anonymous-pull"],
    ...(tls === undefined ? {} : { tls }),
    plainHttp: flags["plain-http"],
    ...(externalUrl === undefined ? {} : { externalUrl }),
    flagPrefix,
  } satisfies Partial<RegistryServeOptions>;
}

function parseUrl(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[A-Za-z0-9.:[\]-]+\/?$/.test(text)) return text;
  throw new Failure("OPTION_INVALID", { option, got: text, want: "https://host[:port]" });
}
