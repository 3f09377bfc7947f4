import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import type { MountConfig } from "../../engine/api.ts";
import { isZero } from "../http/fields.ts";

const text = z.string().nullish();
const flag = z.boolean().nullish();
const strings = z.array(z.string());

/** Docker Engine API 1.51 "Mount". A field that is not here makes the request invalid, whatever it says. */
const MOUNT = z.strictObject({
  Type: z.enum(["bind", "volume", "tmpfs"]),
  Source: text,
  Target: z.string(),
  ReadOnly: flag,
  /** Between two sides of a virtual machine; here there is one. */
  Consistency: text,
  BindOptions: z
    .strictObject({
      Propagation: text,
      NonRecursive: flag,
      CreateMountpoint: flag,
      ReadOnlyNonRecursive: flag,
      ReadOnlyForceRecursive: flag,
    })
    .nullish(),
  VolumeOptions: z
    .strictObject({
      NoCopy: flag,
      Labels: z.record(z.string(), z.string()).nullish(),
      Subpath: text,
      DriverConfig: z
        .strictObject({ Name: text, Options: z.record(z.string(), z.string()).nullish() })
        .nullish(),
    })
    .nullish(),
  TmpfsOptions: z
    .strictObject({
      SizeBytes: z.number().int().nullish(),
      Mode: z.number().int().nullish(),
      Options: z.array(strings).nullish(),
    })
    .nullish(),
});

export const MOUNTS = z.array(MOUNT.transform(readMount));

function readMount(mount: z.output<typeof MOUNT>): MountConfig {
  const { BindOptions, VolumeOptions, TmpfsOptions } = mount;
  const { DriverConfig, ...volume } = VolumeOptions ?? {};
  if (!isZero(DriverConfig?.Options) || !(isZero(DriverConfig?.Name) || DriverConfig?.Name === "local"))
    throw new Failure("OPTION_UNSUPPORTED", { option: "HostConfig.Mounts.VolumeOptions.DriverConfig" });
  return {
    Type: mount.Type,
    Source: mount.Source ?? "",
    Target: mount.Target,
    ReadOnly: mount.ReadOnly ?? false,
    ...(BindOptions ? { BindOptions: present(BindOptions) } : {}),
    ...(VolumeOptions ? { VolumeOptions: present(volume) } : {}),
    ...(TmpfsOptions ? { TmpfsOptions: present(TmpfsOptions) } : {}),
  };
}

type Present<T> = { [K in keyof T]?: NonNullable<T[K]> };

/** Without the fields that are null. */
const present = <T extends object>(value: T): Present<T> =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field != null)) as Present<T>;
