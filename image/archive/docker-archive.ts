import { Failure } from "../../core/errors.ts";

/** An image of manifest.json: paths inside the archive, as given. */
export interface DockerArchiveImage {
  readonly config: string;
  readonly layers: readonly string[];
  readonly tags: readonly string[];
}

const IMAGE_LIMIT = 10_000;

/** Reads a docker-archive's manifest.json. Throws ARCHIVE_INVALID. */
export function parseDockerArchive(raw: Uint8Array): readonly DockerArchiveImage[] {
  const refuse = (why: string, cause?: unknown): Failure =>
    new Failure("ARCHIVE_INVALID", { why: `manifest.json: ${why}` }, { cause });
  let list: unknown;
  try {
    list = JSON.parse(Buffer.from(raw).toString("utf8"));
  } catch (error) {
    throw refuse("not JSON", error);
  }
  if (!Array.isArray(list) || list.length > IMAGE_LIMIT)
    throw refuse(`expected a list of at most ${IMAGE_LIMIT} images`);
  return list.map((entry: unknown, i) => {
    const { Config, Layers, RepoTags } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof Config !== "string" || !isTexts(Layers ?? []) || !isTexts(RepoTags ?? []))
      throw refuse(`image ${i}: expected Config, Layers and RepoTags`);
    return {
      config: Config,
      layers: (Layers ?? []) as readonly string[],
      tags: (RepoTags ?? []) as readonly string[],
    };
  });
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
