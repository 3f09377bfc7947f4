import { Failure } from "../../core/errors.ts";
import { parseBoolean } from "../../core/go-boolean.ts";

export const MASKED_PATHS: readonly string[] = [
  "/proc/asound",
  "/proc/acpi",
  "/proc/interrupts",
  "/proc/kcore",
  "/proc/keys",
  "/proc/latency_stats",
  "/proc/timer_list",
  "/proc/timer_stats",
  "/proc/sched_debug",
  "/proc/scsi",
  "/sys/firmware",
  "/sys/devices/virtual/powercap",
];

export const READONLY_PATHS: readonly string[] = [
  "/proc/bus",
  "/proc/fs",
  "/proc/irq",
  "/proc/sys",
  "/proc/sysrq-trigger",
];

export interface SecurityOptions {
  readonly noNewPrivileges: boolean;
  /** "builtin", "unconfined", or the text of a profile (JSON). */
  readonly seccomp: string;
  /** False for systempaths=unconfined: nothing is masked or read-only. */
  readonly protectPaths: boolean;
}

function readBoolean(option: string, value: string | undefined): boolean {
  const read = value === undefined ? true : parseBoolean(value);
  if (read === undefined)
    throw new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid --security-opt 2: "${option}"` });
  return read;
}

type Reader = (value: string | undefined, option: string) => Partial<SecurityOptions>;

/** No AppArmor or SELinux label is ever set, so only the words that ask for none are true here. */
const nothingButUnconfined =
  (word: string): Reader =>
  (value, option) => {
    if (value === word) return {};
    throw new Failure("OPTION_UNSUPPORTED", { option: `--security-opt ${option}` });
  };

const READERS: Readonly<Record<string, Reader>> = {
  "no-new-privileges": (value, option) => ({ noNewPrivileges: readBoolean(option, value) }),
  seccomp: (value) => ({ seccomp: value === undefined || value === "" ? "builtin" : value }),
  apparmor: nothingButUnconfined("unconfined"),
  label: nothingButUnconfined("disable"),
  systempaths: (value, option) => {
    if (value === "unconfined") return { protectPaths: false };
    throw new Failure("CONTAINER_CONFIG_INVALID", {
      why: `invalid --security-opt: ${JSON.stringify(option)}`,
    });
  },
};

/** Reads HostConfig.SecurityOpt ("key=value"; the older "key:value" too). Throws CONTAINER_CONFIG_INVALID, OPTION_UNSUPPORTED. */
export function parseSecurityOptions(options: readonly string[]): SecurityOptions {
  const read = options.map((option) => {
    const [, key = option, value] = /^([^=:]+)[=:](.*)$/s.exec(option) ?? [];
    const reader = READERS[key];
    if (reader === undefined)
      throw new Failure("CONTAINER_CONFIG_INVALID", {
        why: `invalid --security-opt: ${JSON.stringify(option)}`,
      });
    return reader(value, option);
  });
  return Object.assign({ noNewPrivileges: false, seccomp: "builtin", protectPaths: true }, ...read);
}
