import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { Failure } from "../../core/errors.ts";
import type { SyscallRule } from "../spec/oci.ts";

/** When a rule of a profile counts. Of each list one has to apply. */
export interface Condition {
  readonly caps?: readonly string[];
  /** As Go names them: "amd64", "x32", "s390x". */
  readonly arches?: readonly string[];
  /** "4.8": this release or a later one. */
  readonly minKernel?: string;
}

export interface ProfileRule extends SyscallRule {
  readonly includes?: Condition;
  readonly excludes?: Condition;
}

/** Docker's form of a seccomp profile: OCI's with conditions that are decided when a container is made. */
export interface SeccompProfile {
  readonly defaultAction: string;
  readonly defaultErrnoRet?: number;
  /** An architecture and those its kernel runs beside it, by the names of OCI ("SCMP_ARCH_X86_64"). */
  readonly archMap?: readonly {
    readonly architecture: string;
    readonly subArchitectures?: readonly string[] | null;
  }[];
  readonly architectures?: readonly string[];
  readonly syscalls: readonly ProfileRule[];
}

/** libseccomp's filters are far smaller; a profile comes from outside. */
const MAX_RULES = 10_000;

const text = (limit: number) => z.string().check(z.maxLength(limit));
const names = z.array(text(128)).check(z.maxLength(MAX_RULES));
const errno = z.int().check(z.minimum(0), z.maximum(4095));
const condition = z.nullish(
  z.object({ caps: z.optional(names), arches: z.optional(names), minKernel: z.optional(text(32)) }),
);

const rule = z.object({
  names: z.nullish(names),
  name: z.nullish(text(128)),
  action: z.string(),
  errnoRet: z.nullish(errno),
  args: z.nullish(
    z.array(
      z.object({
        index: z.int().check(z.minimum(0), z.maximum(5)),
        value: z.number().check(z.minimum(0)),
        valueTwo: z.optional(z.number().check(z.minimum(0))),
        op: z.string(),
      }),
    ),
  ),
  includes: condition,
  excludes: condition,
});

const profile = z.object({
  defaultAction: z.string(),
  defaultErrnoRet: z.nullish(errno),
  archMap: z.nullish(z.array(z.object({ architecture: z.string(), subArchitectures: z.nullish(names) }))),
  architectures: z.nullish(names),
  syscalls: z.nullish(z.array(rule).check(z.maxLength(MAX_RULES))),
});

/** Drops fields that are absent one way or the other; the schemas have checked the rest. */
const present = <T>(value: object): T =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined && each !== null)) as T;

/** Reads a profile; throws CONTAINER_CONFIG_INVALID in Docker's words. */
export function parseProfile(text: string): SeccompProfile {
  z.config(en());
  const parsed = profile.safeParse(parseJson(text));
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error).replaceAll("\n", " "));
  const { syscalls, ...rest } = parsed.data;
  return {
    ...present<Omit<SeccompProfile, "syscalls">>(rest),
    syscalls: (syscalls ?? []).map(({ name, names, ...each }) => ({
      ...present<Omit<ProfileRule, "names">>(each),
      // The older form has one name a rule.
      names: [...(name == null ? [] : [name]), ...(names ?? [])],
    })),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

const invalid = (why: string): Failure =>
  new Failure("CONTAINER_CONFIG_INVALID", { why: `decoding seccomp profile failed: ${why}` });
