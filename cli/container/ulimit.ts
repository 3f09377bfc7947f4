import { Failure } from "../../core/errors.ts";
import type { HostConfig } from "../../engine/api.ts";

/** `name=soft[:hard]`. Throws OPTION_INVALID. */
export function readUlimit(text: string): HostConfig["Ulimits"][number] {
  const [, name = "", soft = "", hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (name === "")
    throw new Failure("OPTION_INVALID", { option: "--ulimit", got: text, want: "type=soft[:hard]" });
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}
