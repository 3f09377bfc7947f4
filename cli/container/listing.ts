import { humanDuration } from "../../core/human-duration.ts";
import { shortId } from "../../core/ids.ts";
import { statusText } from "../../core/status-text.ts";
import type { ContainerInfo } from "../../engine/api.ts";
import { humanSize } from "../format/units.ts";
import { labelsText } from "../labels.ts";
import type { Listing } from "../listing.ts";
import { formatTime } from "../time.ts";
import { portsText } from "./ports-text.ts";

export interface ContainerRow {
  readonly record: ContainerInfo;
  readonly size: { readonly written: number; readonly total: number } | undefined;
}

const COMMAND_WIDTH = 20;

/** The columns of `docker ps`. `now` in milliseconds since the epoch. */
export function containerListing(options: {
  readonly truncate: boolean;
  readonly size: boolean;
  readonly now: number;
}): Listing<ContainerRow> {
  const { truncate, now } = options;
  const ago = (time: string) => `${humanDuration(now - Date.parse(time))} ago`;
  const cut = (text: string, width: number) => (truncate ? ellipsis(text, width) : text);
  return {
    quiet: "ID",
    table: [
      "ID",
      "Image",
      "Command",
      "RunningFor",
      "Status",
      "Ports",
      "Names",
      ...(options.size ? ["Size"] : []),
    ],
    fields: {
      ID: { header: "CONTAINER ID", value: ({ record }) => (truncate ? shortId(record.id) : record.id) },
      Image: { header: "IMAGE", value: ({ record }) => imageText(record.config.Image, truncate) },
      Command: {
        header: "COMMAND",
        value: ({ record }) => JSON.stringify(cut(commandText(record), COMMAND_WIDTH)),
      },
      CreatedAt: { header: "CREATED AT", value: ({ record }) => formatTime(record.createdAt) },
      RunningFor: { header: "CREATED", value: ({ record }) => ago(record.createdAt) },
      Ports: { header: "PORTS", value: ({ record }) => portsText(record) },
      State: { header: "STATE", value: ({ record }) => record.state.status },
      Status: { header: "STATUS", value: ({ record }) => statusText(record.state, now) },
      Size: {
        header: "SIZE",
        value: ({ size }) =>
          size === undefined ? "0B" : `${humanSize(size.written)} (virtual ${humanSize(size.total)})`,
      },
      Names: { header: "NAMES", value: ({ record }) => record.name },
      Labels: { header: "LABELS", value: ({ record }) => labelsText(record.config.Labels) },
      Mounts: {
        header: "MOUNTS",
        value: ({ record }) => record.mounts.map((mount) => cut(mount.name ?? mount.source, 15)).join(","),
      },
      LocalVolumes: {
        header: "LOCAL VOLUMES",
        value: ({ record }) => String(record.mounts.filter(({ type }) => type === "volume").length),
      },
      Networks: {
        header: "NETWORKS",
        value: ({ record }) =>
          record.endpoints.map(({ network }) => network).join(",") || networkMode(record),
      },
    },
    methods: { Label: ({ record }, name) => record.config.Labels?.[name] ?? "" },
  };
}

/** Arguments with spaces are quoted, whatever else is in them. */
const commandText = ({ path, args }: ContainerInfo): string =>
  [path, ...args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg))].join(" ");

const networkMode = ({ hostConfig: { NetworkMode: mode } }: ContainerInfo): string =>
  mode === "default" ? "bridge" : mode;

/** An image given by its whole id is shown shortened. */
const imageText = (image: string, truncate: boolean): string =>
  truncate && /^(sha256:)?[a-f0-9]{64}$/.test(image) ? shortId(image) : image;

/** Cuts to `width` characters, the last one "…". */
export const ellipsis = (text: string, width: number): string => {
  const characters = Array.from(text);
  return characters.length <= width ? text : `${characters.slice(0, width - 1).join("")}…`;
};
