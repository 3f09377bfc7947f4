import type { EndpointRecord } from "../container-config.ts";
import type { EventSink } from "../events.ts";
import type { StoredContainer } from "./stored-container.ts";

/** A container's event as Docker words it: its labels, image and name, and what the action itself has to say. */
export const containerEvent = (
  { id, name, config }: Pick<StoredContainer, "id" | "name" | "config">,
  action: string,
  detail: Readonly<Record<string, string>> = {},
): Parameters<EventSink>[0] => ({
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
): Parameters<EventSink>[0] => ({
  type: "network",
  action,
  id: networkId,
  attributes: { container, name: network, type: driver },
});
