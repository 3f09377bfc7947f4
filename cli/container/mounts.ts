import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { MountConfig } from "../../engine/api.ts";
import { splitOnce } from "./key-values.ts";
import { readMount } from "./mount.ts";

/** What `-v`, `--mount` and `--tmpfs` ask for, in the forms of the Engine API. */
export interface MountOptions {
  readonly binds: readonly string[];
  /** Anonymous volumes. */
  readonly volumes: Readonly<Record<string, Record<string, never>>>;
  readonly tmpfs: Readonly<Record<string, string>>;
  /** What `--mount` asks for. */
  readonly mounts: readonly MountConfig[];
}

export interface MountFlags {
  readonly volume: readonly string[];
  readonly mount: readonly string[];
  readonly tmpfs: readonly string[];
}

type One =
  | { readonly kind: "bind"; readonly text: string }
  | { readonly kind: "anonymous"; readonly target: string }
  | { readonly kind: "tmpfs"; readonly target: string; readonly options: string };

/** Throws OPTION_INVALID, OPTION_UNSUPPORTED. Relative sources are seen from `cwd`. */
export function readMounts(flags: MountFlags, cwd: string): MountOptions {
  const all: readonly One[] = [
    ...flags.volume.map((text) => readVolume(text, cwd)),
    ...flags.tmpfs.map((text): One => {
      const [target, options] = splitOnce(text, ":");
      return { kind: "tmpfs", target, options };
    }),
  ];
  return {
    binds: all.flatMap((one) => (one.kind === "bind" ? [one.text] : [])),
    volumes: Object.fromEntries(all.flatMap((one) => (one.kind === "anonymous" ? [[one.target, {}]] : []))),
    tmpfs: Object.fromEntries(
      all.flatMap((one) => (one.kind === "tmpfs" ? [[one.target, one.options]] : [])),
    ),
    mounts: flags.mount.map((text) => readMount(text, cwd)),
  };
}

/** `[source:]destination[:options]`; a source that begins with "./" or "../" is a path. */
function readVolume(text: string, cwd: string): One {
  const parts = text.split(":");
  if (parts.length > 3 || parts.some((part) => part === ""))
    throw new Failure("MOUNT_SPEC_INVALID", { spec: text });
  const [source = "", ...rest] = parts;
  if (rest.length === 0) return { kind: "anonymous", target: source };
  const path = /^\.{1,2}(\/|$)/.test(source) ? resolve(cwd, source) : source;
  return { kind: "bind", text: [path, ...rest].join(":") };
}
