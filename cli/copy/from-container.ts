import { lstat, stat } from "node:fs/promises";
import { basename, dirname, join, posix, resolve } from "node:path";
import { isGoDirectory, isGoSymlink } from "../../core/go-file-mode.ts";
import type { ContainerService } from "../../engine/api.ts";
import { type Context, write } from "../context.ts";
import { type CopyArgument, meansDirectory } from "./argument.ts";
import { copyTarget } from "./target.ts";
import { unpackInto } from "./unpack.ts";

type InContainer = Extract<CopyArgument, { kind: "container" }>;

export interface CopyOptions {
  readonly archive: boolean;
  readonly followLink: boolean;
  readonly signal: AbortSignal;
}

/** `cp CONTAINER:SRC DEST|-`. */
export async function copyFromContainer(
  context: Context,
  containers: ContainerService,
  source: InContainer,
  { to, ...options }: CopyOptions & { readonly to: Exclude<CopyArgument, InContainer> },
): Promise<void> {
  const base = posix.basename(posix.resolve("/", source.path));
  const path = await followed(containers, source, options.followLink);
  const { stat: found, tar } = await containers.readArchive(source.container, path, options);
  if (to.kind === "stream") {
    for await (const chunk of tar) await write(context.stdout, chunk);
    return;
  }
  const destination = resolve(context.cwd, to.path);
  const there = await (meansDirectory(to.path) ? stat : lstat)(destination).catch(() => undefined);
  const { into, name } = copyTarget(
    { path: source.path, base, directory: isGoDirectory(found.mode) },
    { path: to.path, exists: there !== undefined, directory: (await isDirectory(destination)) === true },
  );
  const folder = into === "destination" ? destination : dirname(destination);
  const target = name === undefined ? folder : join(folder, into === "parent" ? basename(destination) : name);
  await unpackInto(tar, { target, owner: options.archive });
}

const isDirectory = (path: string): Promise<boolean | undefined> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => undefined,
  );

/** With -L, where the link at the end of the path leads. */
async function followed(
  containers: ContainerService,
  { container, path }: InContainer,
  follow: boolean,
): Promise<string> {
  if (!follow) return path;
  const { mode, linkTarget } = await containers.statPath(container, path);
  return isGoSymlink(mode) ? posix.resolve("/", posix.dirname(path), linkTarget) : path;
}
