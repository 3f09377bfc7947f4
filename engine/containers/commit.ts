import { applyChanges } from "../../builder/dockerfile/resolve/apply-changes.ts";
import type { ContainerConfig, ImageConfig } from "../../image/config.ts";
import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { LayerInfo } from "../../store/snapshotter.ts";
import { mergeConfig } from "./merge-config.ts";

export interface CommitText {
  readonly message?: string;
  readonly author?: string;
  /** Wins over what the container has; changes are applied on top. */
  readonly config?: ContainerConfig;
  readonly changes?: readonly string[];
}

/** The image that a container's state makes on top of the one it came from: `docker commit`'s rules. */
export function committedImage(
  base: ImageConfig,
  record: ContainerRecord,
  layer: LayerInfo | undefined,
  { message, author, config = {}, changes = [], created }: CommitText & { readonly created: string },
): ImageConfig {
  const { config: _, created: _created, author: baseAuthor, history = [], rootfs, ...platform } = base;
  const by = author ?? baseAuthor;
  const entry = {
    created,
    created_by: [record.path, ...record.args].join(" "),
    ...(author !== undefined && { author }),
    ...(message !== undefined && { comment: message }),
    ...(layer === undefined && { empty_layer: true }),
  };
  return {
    created,
    ...(by !== undefined && { author: by }),
    ...platform,
    config: applyChanges(imagePart(mergeConfig(config, record.config)), changes),
    rootfs: {
      type: "layers",
      diff_ids: layer === undefined ? rootfs.diff_ids : [...rootfs.diff_ids, layer.diffId],
    },
    history: [...history, entry],
  };
}

/** What of a container's configuration belongs into an image: not its names and streams. */
const IMAGE_FIELDS = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "StopSignal",
  "StopTimeout",
  "ArgsEscaped",
  "Healthcheck",
  "OnBuild",
  "Shell",
] as const satisfies readonly (keyof ContainerConfig)[];

function imagePart(config: ContainerConfig): ContainerConfig {
  const given = IMAGE_FIELDS.map((field) => [field, config[field]] as const);
  return Object.fromEntries(given.filter(([, value]) => !isEmpty(value)));
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);
