import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure, isCode } from "../../core/errors.ts";
import type { ContainerCreate, Engine } from "../../engine/api.ts";
import { type Context, warn } from "../context.ts";
import { transferProgress } from "../progress/transfer.ts";
import { interruptible } from "../signals.ts";

const PULLS = ["always", "missing", "never"] as const;

export interface CreateOptions {
  readonly cidfile: string | undefined;
  /** When the image is pulled; one of PULLS. */
  readonly pull: string;
  /** True to show nothing of the pull. */
  readonly quiet: boolean;
}

/** Creates the container and tells its id in the new file `cidfile`. The image is pulled as `--pull` says, its progress shown as docker does. */
export async function createContainer(
  context: Context,
  request: ContainerCreate,
  { cidfile, pull, quiet }: CreateOptions,
): Promise<{ readonly engine: Engine; readonly id: string }> {
  if (!PULLS.some((one) => one === pull))
    throw new Failure("OPTION_INVALID", { option: "--pull", got: pull, want: "always, missing or never" });
  const file = cidfile === undefined ? undefined : resolve(context.cwd, cidfile);
  if (file !== undefined && existsSync(file)) throw new Failure("CIDFILE_EXISTS", { path: file });
  const engine = await context.engine();
  const pullImage = () => pullFor(context, engine, request, quiet);
  if (pull === "always") await pullImage();
  const { id, warnings } = await create(engine, request).catch(async (error: unknown) => {
    if (pull !== "missing" || !isCode(error, "IMAGE_UNKNOWN")) throw error;
    await warn(context, `Unable to find image '${error.detail.reference}' locally`);
    await pullImage();
    return create(engine, request);
  });
  for (const warning of warnings) await warn(context, `WARNING: ${warning}`);
  if (file !== undefined) await writeFile(file, id, { flag: "wx" });
  return { engine, id };
}

const create = (engine: Engine, request: ContainerCreate) => engine.containers.create(request);

async function pullFor(
  context: Context,
  { images }: Engine,
  { config, platform }: ContainerCreate,
  quiet: boolean,
): Promise<void> {
  using interrupted = interruptible(context);
  const progress = transferProgress(context.stderr, quiet);
  try {
    const options = { ...(platform === undefined ? {} : { platform }), signal: interrupted.signal };
    await images.pull(config.Image, (event) => progress.report(event), options);
  } finally {
    progress.close();
  }
}
