import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure, isCode } from "../../core/errors.ts";
import type { ContainerCreate, Engine } from "../../engine/api.ts";
import { type Context, warn } from "../context.ts";

/** Creates the container and tells its id in the new file `cidfile`; a missing image is worded as docker does. */
export async function createContainer(
  context: Context,
  request: ContainerCreate,
  cidfile: string | undefined,
): Promise<{ readonly engine: Engine; readonly id: string }> {
  const file = cidfile === undefined ? undefined : resolve(context.cwd, cidfile);
  if (file !== undefined && existsSync(file)) throw new Failure("CIDFILE_EXISTS", { path: file });
  const engine = await context.engine();
  try {
    const { id, warnings } = await engine.containers.create(request);
    for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
    if (file !== undefined) await writeFile(file, id, { flag: "wx" });
    return { engine, id };
  } catch (error) {
    if (isCode(error, "IMAGE_UNKNOWN"))
      await warn(context, `Unable to find image '${error.detail.reference}' locally`);
    throw error;
  }
}
