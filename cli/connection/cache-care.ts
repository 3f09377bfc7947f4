import { parseBytes } from "../../core/bytes.ts";
import { Failure } from "../../core/errors.ts";
import type { CacheCare } from "../../engine/api.ts";

const VARIABLE = "SLIPWAY_CACHE_SPACE";

/** How much the build cache of an embedded engine may have: "20GB", "off", or what follows from the disk. Throws OPTION_INVALID. */
export function readCacheCare(env: Readonly<Record<string, string | undefined>>): CacheCare | "off" {
  const text = env[VARIABLE] ?? "";
  if (text === "") return {};
  if (text === "off") return "off";
  try {
    const maxUsedSpace = parseBytes(text);
    if (maxUsedSpace > 0) return { maxUsedSpace };
  } catch {
    // Said below.
  }
  throw new Failure("OPTION_INVALID", { option: VARIABLE, got: text, want: "a size like 20GB, or off" });
}
