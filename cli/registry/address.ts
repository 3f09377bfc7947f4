import { Failure } from "../../core/errors.ts";
import type { RegistryAddress } from "../../engine/api.ts";

/** Reads "host:port", "[::1]:port" or ":port", the value of `option`. Throws OPTION_INVALID. */
export function parseAddress(option: string, text: string): RegistryAddress {
  const [, bracketed, name, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? name ?? "";
  const port = Number(digits);
  if (digits === undefined || port > 65_535)
    throw new Failure("OPTION_INVALID", { option, got: text, want: "host:port or :port" });
  return { port, ...(host === "" ? {} : { host }) };
}
