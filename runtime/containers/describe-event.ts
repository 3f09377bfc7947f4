import type { EndpointRecord } from "../container-config.ts";
import type { EventSink } from "../events.ts";
import type { StoredContainer } from "./stored-container.ts";

type Event = Parameters<EventSink>[0];

/** A container's event as Docker words it: its labels, image and name, and what the action itself has to say. */
export const containerEvent = (
  { id, name, config }: Pick<StoredContainer, "id" | "name" | "config">,
  action: string,
  detail: Readonly<Record<string, string>> = {},
): Event => ({
  type: "container",
  action,
  id,
  attributes: { ...config.Labels, image: config.Image, name, ...detail },
});

/** What happens between a container and a network. */
export const networkEvent = (
  { network, networkId, driver }: EndpointRecord,
  container: string,
  action: "connect" | "disconnect",
): Event => ({
  type: "network",
  action,
  id: networkId,
  attributes: { container, name: network, type: driver },
});

/** What happens to a volume by itself. */
export const volumeEvent = (name: string, action: "create" | "destroy"): Event => ({
  type: "volume",
  action,
  id: name,
  attributes: { driver: "local" },
});

/** A container's volumes as it begins and ends to have them. */
export const mountEvents = (
  { id: container, mounts }: Pick<StoredContainer, "id" | "mounts">,
  action: "mount" | "unmount",
): readonly Event[] =>
  mounts.flatMap(({ name, destination, propagation, rw }) => {
    if (name === undefined) return [];
    const how = action === "mount" ? { destination, propagation, "read/write": String(rw) } : {};
    return [{ type: "volume", action, id: name, attributes: { container, driver: "local", ...how } }];
  });
