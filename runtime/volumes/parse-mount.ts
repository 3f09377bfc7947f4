import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import type { MountConfig } from "../mount-config.ts";
import { type BindSpec, checkDestination, cleanPath, PROPAGATIONS } from "./parse.ts";

type Type = MountConfig["Type"];
const OPTIONS = { bind: "BindOptions", volume: "VolumeOptions", tmpfs: "TmpfsOptions" } as const;

const invalid = (type: Type, why: string): Failure =>
  new Failure("CONTAINER_CONFIG_INVALID", { why: `invalid mount config for type "${type}": ${why}` });

type Parts = Pick<BindSpec, "destination" | "mode" | "rw">;

const PARSERS: Readonly<Record<Type, (mount: MountConfig, common: Parts) => BindSpec>> = {
  bind: ({ Source, BindOptions: options = {} }, common) => {
    if (Source === "") throw invalid("bind", "field Source must not be empty");
    if (!Source.startsWith("/"))
      throw invalid("bind", `invalid mount path: '${Source}' mount path must be absolute`);
    const { Propagation: propagation = "" } = options;
    if (propagation !== "" && !PROPAGATIONS.includes(propagation))
      throw invalid("bind", `invalid propagation mode: ${propagation}`);
    checkReadonly(common.rw, options);
    return {
      ...common,
      type: "bind",
      source: cleanPath(Source),
      propagation: propagation || "rprivate",
      ...(options.CreateMountpoint === true ? {} : { mustExist: true }),
      ...(options.NonRecursive === true ? { recursive: false } : {}),
      ...(options.ReadOnlyNonRecursive === true ? { readonlyBelow: false } : {}),
    };
  },
  volume: ({ Source, VolumeOptions: options = {} }, common) => {
    const { Subpath: subpath = "", Labels: labels } = options;
    const outside = posix.normalize(subpath).split("/")[0] === "..";
    if (posix.isAbsolute(subpath) || outside)
      throw invalid("volume", `subpath must be a relative path within the volume: ${subpath}`);
    return {
      ...common,
      type: "volume",
      ...(Source === "" ? {} : { name: Source }),
      copy: options.NoCopy !== true && subpath === "",
      ...(labels === undefined ? {} : { labels }),
      ...(subpath === "" ? {} : { subpath: posix.normalize(subpath) }),
    };
  },
  tmpfs: ({ Source, ReadOnly, TmpfsOptions: options = {} }, common) => {
    if (Source !== "") throw invalid("tmpfs", "field Source must not be specified");
    if ((options.SizeBytes ?? 0) < 0) throw invalid("tmpfs", "size must not be negative");
    const words = [
      ...(ReadOnly ? ["ro"] : []),
      ...(options.SizeBytes ? [`size=${options.SizeBytes}`] : []),
      ...(options.Mode === undefined || options.Mode === 0 ? [] : [`mode=${options.Mode.toString(8)}`]),
      ...(options.Options ?? []).map((pair) => pair.join("=")),
    ];
    return { ...common, type: "tmpfs", options: words.join(",") };
  },
};

function checkReadonly(rw: boolean, options: NonNullable<MountConfig["BindOptions"]>): void {
  const { ReadOnlyNonRecursive: plain, ReadOnlyForceRecursive: forced, Propagation = "" } = options;
  if (rw && (plain === true || forced === true))
    throw invalid("bind", "mode must be read-only if a form of it is asked for");
  if (plain === true && forced === true)
    throw invalid("bind", "ReadOnlyNonRecursive and ReadOnlyForceRecursive are mutually exclusive");
  if (forced === true && Propagation !== "" && Propagation !== "rprivate")
    throw invalid("bind", "ReadOnlyForceRecursive requires Propagation to be rprivate");
}

/** Reads an entry of HostConfig.Mounts by Docker's rules. Throws CONTAINER_CONFIG_INVALID. */
export function parseMount(mount: MountConfig): BindSpec {
  const { Type: type, Target, ReadOnly } = mount;
  const fault = checkDestination(Target);
  if (fault !== undefined) throw invalid(type, fault);
  for (const [other, field] of Object.entries(OPTIONS))
    if (other !== type && mount[field] !== undefined)
      throw invalid(type, `field ${field} must not be specified`);
  return PARSERS[type](mount, { destination: cleanPath(Target), mode: "", rw: !ReadOnly });
}
