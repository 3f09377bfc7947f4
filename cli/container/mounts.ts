import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";

/** What `-v`, `--mount` and `--tmpfs` ask for, in the forms of the Engine API. */
export interface MountOptions {
  readonly binds: readonly string[];
  /** Anonymous volumes. */
  readonly volumes: Readonly<Record<string, Record<string, never>>>;
  readonly tmpfs: Readonly<Record<string, string>>;
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
    ...flags.mount.map((text) => readMount(text, cwd)),
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

/** The fields of one `--mount`, each to be taken once under any of its names. */
class MountFields {
  readonly text: string;
  readonly #fields: Map<string, string>;

  constructor(text: string) {
    this.text = text;
    this.#fields = new Map(text.split(",").map((field) => splitOnce(field, "=")));
  }

  take(...names: readonly string[]): string | undefined {
    const found = names.find((name) => this.#fields.has(name));
    const value = found === undefined ? undefined : this.#fields.get(found);
    for (const name of names) this.#fields.delete(name);
    return value;
  }

  need(...names: readonly [string, ...string[]]): string {
    return this.take(...names) ?? this.refuse(`a ${names[0]}`);
  }

  /** Go's switches: the bare name, or a value that is not "false" or "0". */
  takeSwitch(...names: readonly string[]): boolean {
    const value = this.take(...names);
    return value !== undefined && value !== "false" && value !== "0";
  }

  /** Throws when a field was given that nobody took. */
  close(type: string): void {
    const [unknown] = this.#fields.keys();
    if (unknown !== undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `--mount type=${type},${unknown}` });
  }

  refuse(want: string): never {
    throw new Failure("OPTION_INVALID", { option: "--mount", got: this.text, want });
  }
}

/** How each type of `--mount` reads its fields: https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount */
const MOUNT_TYPES: Readonly<Record<string, (fields: MountFields, cwd: string) => One>> = {
  bind: (fields, cwd) => {
    const source = resolve(cwd, fields.need("source", "src"));
    const propagation = fields.take("bind-propagation");
    // Unlike -v, --mount does not make a missing directory.
    if (!existsSync(source)) fields.refuse(`a source that exists: ${source} does not`);
    return bindOf(fields, source, propagation === undefined ? [] : [propagation]);
  },
  volume: (fields) => {
    const source = fields.take("source", "src");
    if (source !== undefined) return bindOf(fields, source, []);
    return { kind: "anonymous", target: fields.need("target", "destination", "dst") };
  },
  tmpfs: (fields) => {
    const data = ["size", "mode"].flatMap((name) => {
      const value = fields.take(`tmpfs-${name}`);
      return value === undefined ? [] : [`${name}=${value}`];
    });
    const options = fields.takeSwitch("readonly", "ro") ? ["ro", ...data] : data;
    return {
      kind: "tmpfs",
      target: fields.need("target", "destination", "dst"),
      options: options.join(","),
    };
  },
};

function readMount(text: string, cwd: string): One {
  const fields = new MountFields(text);
  const type = fields.take("type") ?? "volume";
  const read = Object.hasOwn(MOUNT_TYPES, type) ? MOUNT_TYPES[type] : undefined;
  if (read === undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `--mount type=${type}` });
  const mount = read(fields, cwd);
  fields.close(type);
  return mount;
}

function bindOf(fields: MountFields, source: string, options: readonly string[]): One {
  const all = fields.takeSwitch("readonly", "ro") ? ["ro", ...options] : options;
  const target = fields.need("target", "destination", "dst");
  return { kind: "bind", text: [source, target, ...(all.length > 0 ? [all.join(",")] : [])].join(":") };
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
