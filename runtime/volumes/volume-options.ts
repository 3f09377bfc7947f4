import { parseBytes } from "../../core/bytes.ts";
import { Failure } from "../../core/errors.ts";
import { parseMountOptions } from "../launch/mount-options.ts";

/** Driver options of a volume, as Docker's driver "local" takes them: type, device, o, size. */
export type VolumeOptions = Readonly<Record<string, string>>;

/** What is mounted where a container has the volume. Words are those of mount(8). */
export type VolumeMount =
  | {
      readonly kind: "bind";
      /** Absolute path on the host. */
      readonly device: string;
      readonly recursive: boolean;
      readonly words: readonly string[];
    }
  | { readonly kind: "tmpfs"; readonly words: readonly string[] };

/** Each option with those it is nothing without. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  type: ["device"],
  device: ["type"],
  o: ["device", "type"],
  size: [],
};
const BIND_WORDS = ["bind", "rbind"];

const invalid = (name: string, why: string): Failure => new Failure("VOLUME_OPTIONS_INVALID", { name, why });

/**
 * What the options of the volume `name` ask for; undefined for a directory of the state root, which every other volume is. Throws
 * VOLUME_OPTIONS_INVALID and SIZE_INVALID in Docker's words, OPTION_UNSUPPORTED for filesystems that no container can mount for itself.
 */
export function readVolumeOptions(name: string, options: VolumeOptions): VolumeMount | undefined {
  checkKeys(name, options);
  const { type = "", device = "", o = "" } = options;
  if (type === "" && device === "") return undefined;
  if (device === "") throw invalid(name, "missing device in volume options");
  const words = o.split(",").filter((word) => word !== "");
  if (words.some((word) => BIND_WORDS.includes(word))) return readBind(name, device, words);
  if (type === "tmpfs") return { kind: "tmpfs", words: checkedFlags(words) };
  throw new Failure("OPTION_UNSUPPORTED", {
    option: `a volume of type=${type}${type === "none" ? " without o=bind" : ""}`,
  });
}

function checkKeys(name: string, options: VolumeOptions): void {
  for (const key of Object.keys(options))
    if (!Object.hasOwn(NEEDS, key)) throw invalid(name, `invalid option: ${JSON.stringify(key)}`);
  const { size } = options as { readonly size?: string };
  if (size !== undefined && parseBytes(size) > 0)
    throw invalid(name, "quota size requested but no quota support");
  for (const key of Object.keys(options))
    for (const needed of NEEDS[key] ?? [])
      if (!Object.hasOwn(options, needed))
        throw invalid(name, `missing required option: ${JSON.stringify(needed)}`);
}

function readBind(name: string, device: string, words: readonly string[]): VolumeMount {
  if (!device.startsWith("/") || device.includes("\0"))
    throw invalid(name, `the device of a bind must be an absolute path: ${JSON.stringify(device)}`);
  const [alien] = parseMountOptions(words).data;
  if (alien !== undefined)
    throw new Failure("OPTION_UNSUPPORTED", { option: `o=${alien} of a volume that is a bind` });
  return {
    kind: "bind",
    device,
    recursive: words.includes("rbind"),
    words: checkedFlags(words).filter((word) => !BIND_WORDS.includes(word)),
  };
}

/** How mounts of a host's namespace spread means nothing where each container makes its own. */
function checkedFlags(words: readonly string[]): readonly string[] {
  const spread = words.find((word) => parseMountOptions([word]).propagation !== 0);
  if (spread !== undefined && !/^r?private$/.test(spread))
    throw new Failure("OPTION_UNSUPPORTED", { option: `o=${spread} of a volume` });
  return words.filter((word) => word !== spread);
}
