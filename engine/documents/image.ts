import type { Document } from "../../core/document.ts";
import type { ContainerConfig, ImageConfig } from "../../image/config.ts";
import type { ImageRecord } from "../../store/types.ts";
import { NEVER } from "./never.ts";

/** Docker Engine API 1.51 "ImageInspect". https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Image/operation/ImageInspect */
export function imageDocument(record: ImageRecord, config: ImageConfig, driver: string): Document {
  return {
    Id: record.id,
    RepoTags: record.tags,
    RepoDigests: record.digests,
    Parent: "",
    Comment: config.history?.at(-1)?.comment ?? "",
    Created: config.created ?? record.createdAt.toISOString(),
    DockerVersion: "",
    Author: config.author ?? "",
    Architecture: config.architecture,
    ...(config.variant === undefined ? {} : { Variant: config.variant }),
    Os: config.os,
    Size: record.size,
    GraphDriver: { Data: null, Name: driver },
    RootFS: { Type: "layers", ...(record.layers.length === 0 ? {} : { Layers: record.layers }) },
    Metadata: { LastTagTime: NEVER },
    Config: imageConfigDocument(config.config ?? {}),
  };
}

/** The fields docker prints whatever they hold, and the others where they hold something. */
function imageConfigDocument(config: ContainerConfig): Document {
  const always = {
    Cmd: orNull(config.Cmd),
    Entrypoint: orNull(config.Entrypoint),
    Env: orNull(config.Env),
    Labels: orNull(config.Labels),
    OnBuild: orNull(config.OnBuild),
    User: config.User ?? "",
    Volumes: orNull(config.Volumes),
    WorkingDir: config.WorkingDir ?? "",
  };
  const optional = {
    ArgsEscaped: config.ArgsEscaped || undefined,
    ExposedPorts: orNull(config.ExposedPorts) ?? undefined,
    Healthcheck: config.Healthcheck,
    Shell: orNull(config.Shell) ?? undefined,
    StopSignal: config.StopSignal || undefined,
  };
  const given = Object.entries({ ...always, ...optional }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Go prints an empty list or map of a configuration as it was read: absent ones as null. */
export const orNull = <T extends object>(value: T | null | undefined): T | null =>
  value === null || value === undefined || Object.keys(value).length === 0 ? null : value;
