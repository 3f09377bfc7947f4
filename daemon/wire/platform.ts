import * as z from "zod";
import { Failure } from "../../core/errors.ts";
import { formatPlatform, type Platform, parsePlatform } from "../../core/platform.ts";
import type { ImageService } from "../../engine/api.ts";
import * as param from "../http/param.ts";

const PLATFORM = z.object({ os: z.string(), architecture: z.string(), variant: z.string().optional() });

/** A platform as newer routes take it: a JSON document. */
export const platform = param
  .json(PLATFORM)
  .transform((given): Platform | undefined =>
    given === undefined
      ? undefined
      : parsePlatform([given.os, given.architecture, given.variant].filter(Boolean).join("/")),
  );

/** Throws PLATFORM_MISMATCH when an image is for another platform than the one asked for. */
export async function requirePlatform(
  images: ImageService,
  name: string,
  wanted: Platform | undefined,
): Promise<void> {
  if (wanted === undefined) return;
  const { config } = await images.get(name);
  const [want, got] = [formatPlatform(wanted), formatPlatform(config)];
  if (want !== got) throw new Failure("PLATFORM_MISMATCH", { reference: name, want, got });
}
