import type { EngineEvent } from "../../engine/api.ts";

/** Docker Engine API 1.51 "EventMessage". */
export function eventDocument({ type, action, id, attributes, timeNano }: EngineEvent): object {
  const legacy = {
    ...(type === "container" || type === "image" ? { status: action, id } : {}),
    ...(type === "container" ? { from: attributes["image"] ?? "" } : {}),
  };
  return {
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: "local",
    time: Number(timeNano / 1_000_000_000n),
    // Whole microseconds are written exactly, though they have more digits than a number holds.
    timeNano: Number(timeNano),
  };
}
