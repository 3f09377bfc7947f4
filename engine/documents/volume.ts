import type { VolumeInfo } from "../api.ts";
import { orNull } from "./image.ts";

/** Docker Engine API 1.51 "Volume". */
export const volumeDocument = (volume: VolumeInfo): Readonly<Record<string, unknown>> => ({
  CreatedAt: volume.createdAt,
  Driver: volume.driver,
  Labels: orNull(volume.labels),
  Mountpoint: volume.mountpoint,
  Name: volume.name,
  Options: orNull(volume.options),
  Scope: "local",
});
