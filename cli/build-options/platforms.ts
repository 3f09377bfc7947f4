import { Failure } from "../../core/errors.ts";
import { formatPlatform, type Platform, parsePlatform } from "../../core/platform.ts";
import type { BuildRequest } from "../../engine/api.ts";
import type { Output } from "./outputs.ts";

/** `--platform a,b`, which may be given several times; "local" is this machine's. Throws PLATFORM_INVALID. */
export function readPlatforms(flags: readonly string[]): readonly Platform[] {
  const words = flags.flatMap((text) => text.split(",")).map((text) => text.trim());
  const platforms = words
    .filter((text) => text !== "")
    .map((text) => parsePlatform(text === "local" ? "linux" : text));
  return [...new Map(platforms.map((platform) => [formatPlatform(platform), platform])).values()];
}

interface Wanted {
  /** The result is an index, be it of one platform. */
  readonly isList: boolean;
  readonly outputs: readonly Output[];
  readonly cacheTo: BuildRequest["cacheTo"];
}

/** Throws OPTION_UNSUPPORTED for what can hold one platform only. */
export function checkPlatforms(platforms: readonly Platform[], { isList, outputs, cacheTo }: Wanted): void {
  if (isList && outputs.some((output) => output.type === "archive" && output.docker)) {
    const what = platforms.length > 1 ? "several platforms" : "BUILDKIT_MULTI_PLATFORM";
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: `--output type=docker with ${what}` },
      { hint: "an archive of docker's holds images of one platform; take type=oci" },
    );
  }
  for (const output of outputs)
    if ("split" in output && output.split !== undefined && output.split !== isList)
      throw new Failure("OPTION_UNSUPPORTED", {
        option: `--output platform-split=${output.split} with ${isList ? "several platforms" : "one platform"}`,
      });
  if (platforms.length < 2) return;
  if (cacheTo?.some(({ to }) => to.kind !== "inline") === true)
    throw new Failure(
      "OPTION_UNSUPPORTED",
      { option: "--cache-to with several platforms" },
      {
        hint: "a cache holds the steps of one build; write one for each platform, and give all of them to --cache-from",
      },
    );
}
