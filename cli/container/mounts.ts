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

export function readMounts(
  flags: {
    readonly volume: readonly string[];
    readonly mount: readonly string[];
    readonly tmpfs: readonly string[];
  },
  cwd: string,
): MountOptions {
  const volumes = flags.volume.map((text) => readVolume(text, cwd));
  const mounts = flags.mount.map((text) => readMount(text, cwd));
  const tmpfs = flags.tmpfs.map((text) => splitOnce(text, ":"));
  const all = [...volumes, ...mounts];
  return {
    binds: all.flatMap(({ bind }) => bind ?? []),
    volumes: Object.fromEntries(
      all.flatMap(({ anonymous }) => (anonymous === undefined ? [] : [[anonymous, {}]])),
    ),
    tmpfs: Object.fromEntries([
      ...tmpfs,
      ...all.flatMap(({ memory }) => (memory === undefined ? [] : [memory])),
    ]),
  };
}

interface One {
  readonly bind?: string;
  readonly anonymous?: string;
  readonly memory?: readonly [string, string];
}

/** `[source:]destination[:options]`; a source that begins with "." or "~" is a path below the working directory. */
function readVolume(text: string, cwd: string): One {
  const parts = text.split(":");
  if (parts.length > 3 || parts.some((part) => part === ""))
    throw new Failure("OPTION_INVALID", {
      option: "--volume",
      got: text,
      want: "[source:]destination[:options]",
    });
  const [source = "", ...rest] = parts;
  if (rest.length === 0) return { anonymous: source };
  const path = source === "." || source === ".." || /^\.{1,2}\//.test(source) ? resolve(cwd, source) : source;
  return { bind: [path, ...rest].join(":") };
}

const BIND_OPTIONS: Readonly<Record<string, (value: string) => string>> = {
  "bind-propagation": (value) => value,
};

/** `type=bind,source=…,target=…,readonly`: https://docs.docker.com/engine/storage/bind-mounts/#options-for---mount */
function readMount(text: string, cwd: string): One {
  const fields = new Map(text.split(",").map((field) => splitOnce(field, "=")));
  const take = (...names: string[]): string | undefined => {
    const found = names.find((name) => fields.has(name));
    const value = found === undefined ? undefined : fields.get(found);
    for (const name of names) fields.delete(name);
    return value;
  };
  const refuse = (want: string): never => {
    throw new Failure("OPTION_INVALID", { option: "--mount", got: text, want });
  };
  const type = take("type") ?? "volume";
  const source = take("source", "src");
  const target = take("target", "destination", "dst") ?? refuse("a target");
  const readonly = take("readonly", "ro");
  const options = readonly === undefined || readonly === "false" || readonly === "0" ? [] : ["ro"];
  const tail = () => (options.length > 0 ? `:${options.join(",")}` : "");
  const done = <T>(value: T): T => {
    const [unknown] = fields.keys();
    if (unknown !== undefined)
      throw new Failure("OPTION_UNSUPPORTED", { option: `--mount ${type} option ${unknown}` });
    return value;
  };
  if (type === "tmpfs") {
    const size = take("tmpfs-size");
    const mode = take("tmpfs-mode");
    const data = [
      ...options,
      ...(size === undefined ? [] : [`size=${size}`]),
      ...(mode === undefined ? [] : [`mode=${mode}`]),
    ];
    return done({ memory: [target, data.join(",")] as const });
  }
  if (type === "volume")
    return done(source === undefined ? { anonymous: target } : { bind: `${source}:${target}${tail()}` });
  if (type !== "bind") throw new Failure("OPTION_UNSUPPORTED", { option: `--mount type=${type}` });
  const path = resolve(cwd, source ?? refuse("a source"));
  for (const [name, read] of Object.entries(BIND_OPTIONS)) {
    const value = take(name);
    if (value !== undefined) options.push(read(value));
  }
  // Unlike -v, --mount does not make a missing directory.
  if (!existsSync(path)) refuse(`a source that exists, ${path} does not`);
  return done({ bind: `${path}:${target}${tail()}` });
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
