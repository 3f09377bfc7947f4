import { writeFile } from "node:fs/promises";
import { isCode } from "../../core/errors.ts";
import type { ContainerCreate, Engine } from "../../engine/api.ts";
import { type Context, warn } from "../context.ts";

/** Creates the container and tells its id in `cidfile`; a missing image is worded as docker does. */
export async function createContainer(
  context: Context,
  engine: Engine,
  request: ContainerCreate,
  cidfile: string | undefined,
): Promise<string> {
  try {
    const { id, warnings } = await engine.containers.create(request);
    for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
    // "wx": docker refuses to reuse the file of another container.
    if (cidfile !== undefined) await writeFile(cidfile, id, { flag: "wx" });
    return id;
  } catch (error) {
    if (isCode(error, "IMAGE_UNKNOWN"))
      await warn(context, `Unable to find image '${error.detail.reference}' locally`);
    throw error;
  }
}
