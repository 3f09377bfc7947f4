import { resolve } from "node:path";
import { parseBytes } from "../../core/bytes.ts";
import { Failure } from "../../core/errors.ts";
import type { MountConfig } from "../../engine/api.ts";
import { splitOnce } from "./key-values.ts";

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

type Options = Pick<MountConfig, "BindOptions" | "VolumeOptions" | "TmpfsOptions">;

/** An object without the fields that say nothing; undefined when none is left. */
function saying<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } | undefined {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined && field !== false);
  return fields.length === 0 ? undefined : (Object.fromEntries(fields) as never);
}

const RECURSIONS: Readonly<Record<string, NonNullable<MountConfig["BindOptions"]>>> = {
  enabled: {},
  disabled: { NonRecursive: true },
  writable: { ReadOnlyNonRecursive: true },
  readonly: { ReadOnlyForceRecursive: true },
};

/** How each type of `--mount` reads its own fields: https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount */
const OPTION_READERS: Readonly<Record<MountConfig["Type"], (fields: MountFields) => Options>> = {
  bind: (fields) => {
    const recursion = RECURSIONS[fields.take("bind-recursive") ?? "enabled"];
    if (recursion === undefined)
      return fields.refuse("bind-recursive=enabled, disabled, writable or readonly");
    const options = saying({
      Propagation: fields.take("bind-propagation"),
      NonRecursive: fields.takeSwitch("bind-nonrecursive"),
      CreateMountpoint: fields.takeSwitch("bind-create-src"),
      ...recursion,
    });
    return options === undefined ? {} : { BindOptions: options };
  },
  volume: (fields) => {
    const label = fields.take("volume-label");
    const options = saying({
      NoCopy: fields.takeSwitch("volume-nocopy"),
      Subpath: fields.take("volume-subpath"),
      Labels: label === undefined ? undefined : Object.fromEntries([splitOnce(label, "=")]),
    });
    return options === undefined ? {} : { VolumeOptions: options };
  },
  tmpfs: (fields) => {
    const size = fields.take("tmpfs-size");
    const mode = fields.take("tmpfs-mode");
    if (mode !== undefined && !/^[0-7]{1,5}$/.test(mode)) fields.refuse("tmpfs-mode in octal");
    const options = saying({
      SizeBytes: size === undefined ? undefined : parseBytes(size),
      Mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
    });
    return options === undefined ? {} : { TmpfsOptions: options };
  },
};

const isType = (text: string): text is MountConfig["Type"] => Object.hasOwn(OPTION_READERS, text);

/** Reads one `--mount`; a bind's relative source is seen from `cwd`. Throws OPTION_INVALID, OPTION_UNSUPPORTED. */
export function readMount(text: string, cwd: string): MountConfig {
  const fields = new MountFields(text);
  const type = fields.take("type") ?? "volume";
  if (!isType(type)) throw new Failure("OPTION_UNSUPPORTED", { option: `--mount type=${type}` });
  const source = type === "bind" ? resolve(cwd, fields.need("source", "src")) : fields.take("source", "src");
  const mount = {
    Type: type,
    Source: source ?? "",
    Target: fields.need("target", "destination", "dst"),
    ReadOnly: fields.takeSwitch("readonly", "ro"),
    ...OPTION_READERS[type](fields),
  };
  // Says how fresh what is read must be where files cross a virtual machine's border: here they do not.
  fields.take("consistency");
  fields.close(type);
  return mount;
}
