import type { Descriptor } from "../core/descriptor.ts";
import { type Platform, samePlatform } from "../core/platform.ts";

/** 32-bit arm runs everything its version includes; the first that an index offers is taken. */
const ARM_VARIANTS: readonly string[] = ["v8", "v7", "v6", "v5"];

/** What images a machine of `platform` runs, best first. */
function accepted(platform: Platform): readonly Platform[] {
  const { os, architecture, variant } = platform;
  if (architecture !== "arm") return variant === undefined ? [platform] : [platform, { os, architecture }];
  const from = Math.max(ARM_VARIANTS.indexOf(variant ?? "v7"), 0);
  return [...ARM_VARIANTS.slice(from).map((v) => ({ os, architecture, variant: v })), { os, architecture }];
}

/** The manifest of an index that suits `platform` best; undefined when there is none. */
export function choosePlatform(manifests: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  for (const candidate of accepted(platform)) {
    const found = manifests.find((entry) => {
      if (entry.platform === undefined) return false;
      const { os, architecture, variant } = entry.platform;
      const plain = architecture === "arm64" && variant === "v8" ? { os, architecture } : entry.platform;
      return samePlatform(plain, candidate);
    });
    if (found !== undefined) return found;
  }
  return undefined;
}
