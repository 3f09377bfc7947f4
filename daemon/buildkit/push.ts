import { describeError } from "../../core/errors.ts";
import { parseReference } from "../../core/reference.ts";
import type { CredentialSource } from "../../core/registry-credentials.ts";
import type { BuildEvent, ImageService } from "../../engine/api.ts";

export interface PushParts {
  readonly credentials: CredentialSource;
  readonly report: (event: BuildEvent) => void;
  readonly signal: AbortSignal;
}

/** Sends each name of an image to its registry, shown as a step of the build. */
export async function pushImage(
  images: ImageService,
  tags: readonly string[],
  { credentials, report, signal }: PushParts,
): Promise<void> {
  for (const tag of tags) {
    const id = `push ${tag}`;
    const finish = (error?: unknown): void => {
      const failed = error === undefined ? {} : { error: describeError(error) };
      report({ type: "finished", id, time: Date.now(), cached: false, ...failed });
    };
    report({ type: "step", id, name: `pushing ${tag}` });
    report({ type: "started", id, time: Date.now() });
    try {
      const given = (await credentials.get(parseReference(tag).domain)) ?? {};
      await images.push(tag, () => undefined, { credentials: given, signal });
      finish();
    } catch (error) {
      finish(error);
      throw error;
    }
  }
}
