import { release } from "node:os";
import { hostPlatform } from "../../core/platform.ts";
import type { OciSeccomp, SyscallRule } from "../spec/oci.ts";
import { parseSecurityOptions } from "../spec/security.ts";
import { DEFAULT_PROFILE } from "./default-profile.ts";
import type { Condition, ProfileRule, SeccompProfile } from "./profile.ts";

/** What the conditions of a profile are decided by. */
export interface SeccompMachine {
  /** As Go names it: "amd64". */
  readonly architecture: string;
  /** The kernel's release: "6.12.9-generic". */
  readonly kernel: string;
}

/** OCI's names of the architectures, by Go's. */
const OCI_ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: "SCMP_ARCH_X86_64",
  arm64: "SCMP_ARCH_AARCH64",
  ppc64le: "SCMP_ARCH_PPC64LE",
  s390x: "SCMP_ARCH_S390X",
  riscv64: "SCMP_ARCH_RISCV64",
  loong64: "SCMP_ARCH_LOONGARCH64",
};

function versionAtLeast(release: string, wanted: string): boolean {
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split(".").map(Number);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

interface Facts extends SeccompMachine {
  readonly capabilities: ReadonlySet<string>;
}

function included({ caps = [], arches = [], minKernel }: Condition, facts: Facts): boolean {
  return (
    (caps.length === 0 || caps.some((name) => facts.capabilities.has(name))) &&
    (arches.length === 0 || arches.includes(facts.architecture)) &&
    (minKernel === undefined || versionAtLeast(facts.kernel, minKernel))
  );
}

function excluded({ caps = [], arches = [], minKernel }: Condition, facts: Facts): boolean {
  return (
    caps.some((name) => facts.capabilities.has(name)) ||
    arches.includes(facts.architecture) ||
    (minKernel !== undefined && versionAtLeast(facts.kernel, minKernel))
  );
}

function architecturesOf(profile: SeccompProfile, architecture: string): readonly string[] {
  const native = OCI_ARCHITECTURES[architecture];
  if (profile.archMap === undefined) return profile.architectures ?? (native === undefined ? [] : [native]);
  const row = profile.archMap.find((each) => each.architecture === native);
  return row === undefined ? [] : [row.architecture, ...(row.subArchitectures ?? [])];
}

function resolveRule({ names, action, errnoRet, args }: ProfileRule): SyscallRule {
  return {
    names,
    action,
    ...(errnoRet === undefined ? {} : { errnoRet }),
    ...(args === undefined ? {} : { args }),
  };
}

/** The rules of `profile` that count for these capabilities on this machine. Pure. */
export function resolveProfile(
  profile: SeccompProfile,
  capabilities: readonly string[],
  machine: SeccompMachine,
): OciSeccomp {
  const facts: Facts = { ...machine, capabilities: new Set(capabilities) };
  const rules = profile.syscalls.filter(
    ({ includes, excludes }) =>
      (includes === undefined || included(includes, facts)) &&
      (excludes === undefined || !excluded(excludes, facts)),
  );
  return {
    defaultAction: profile.defaultAction,
    ...(profile.defaultErrnoRet === undefined ? {} : { defaultErrnoRet: profile.defaultErrnoRet }),
    architectures: architecturesOf(profile, machine.architecture),
    syscalls: rules.map(resolveRule),
  };
}

/** The filter of a process that has these capabilities. */
export type SeccompResolver = (capabilities: readonly string[]) => OciSeccomp;

const resolverOf =
  (profile: SeccompProfile): SeccompResolver =>
  (capabilities) =>
    resolveProfile(profile, capabilities, { architecture: hostPlatform().architecture, kernel: release() });

/** The same filter for the same capabilities as last time, which then need not be compared by their rules. */
function remembering(resolve: SeccompResolver): SeccompResolver {
  let last: { readonly capabilities: string; readonly filter: OciSeccomp } | undefined;
  return (names) => {
    const capabilities = names.join();
    if (last?.capabilities !== capabilities) last = { capabilities, filter: resolve(names) };
    return last.filter;
  };
}

export const resolveBuiltin = remembering(resolverOf(DEFAULT_PROFILE));

/**
 * By the profile that the security options of a container name. Most name none, so what reads one is loaded with the first. Rejects with
 * CONTAINER_CONFIG_INVALID, OPTION_UNSUPPORTED.
 */
export async function seccompFor(securityOptions: readonly string[]): Promise<SeccompResolver> {
  const { seccomp } = parseSecurityOptions(securityOptions);
  if (seccomp === "builtin" || seccomp === "unconfined") return resolveBuiltin;
  const { parseProfile } = await import("./profile.ts");
  return resolverOf(parseProfile(seccomp));
}
