import { lstat, stat } from "node:fs/promises";
import { basename, posix, resolve } from "node:path";
import { Failure, isKind } from "../../core/errors.ts";
import { isGoDirectory, isGoSymlink } from "../../core/go-file-mode.ts";
import type { ContainerService, PathStat } from "../../engine/api.ts";
import type { Context } from "../context.ts";
import { readFrom } from "../files.ts";
import { type CopyArgument, meansDirectory } from "./argument.ts";
import type { CopyOptions } from "./from-container.ts";
import { packPath } from "./pack.ts";
import { copyTarget } from "./target.ts";

type InContainer = Extract<CopyArgument, { kind: "container" }>;

/** `cp SRC|- CONTAINER:DEST`. */
export async function copyToContainer(
  context: Context,
  containers: ContainerService,
  source: Exclude<CopyArgument, InContainer>,
  { to, ...options }: CopyOptions & { readonly to: InContainer },
): Promise<void> {
  const send = { copyOwner: options.archive, signal: options.signal };
  const [path, there] = await resolveDestination(containers, to);
  if (source.kind === "stream") {
    if (there === undefined || !isGoDirectory(there.mode)) {
      throw new Failure("COPY_INVALID", {
        why: `destination "${to.container}:${to.path}" must be a directory`,
      });
    }
    return containers.writeArchive(to.container, path, readFrom(context, "-"), send);
  }
  const local = resolve(context.cwd, source.path);
  const follow = options.followLink || meansDirectory(source.path);
  const found = await (follow ? stat : lstat)(local).catch((cause: Error) => {
    throw new Failure("COPY_INVALID", { why: `lstat ${local}: no such file or directory` }, { cause });
  });
  const { into, name } = copyTarget(
    { path: source.path, base: basename(local), directory: found.isDirectory() },
    {
      path: to.path,
      exists: there !== undefined,
      directory: there !== undefined && isGoDirectory(there.mode),
    },
  );
  const folder = into === "destination" ? path : posix.dirname(path);
  await containers.writeArchive(to.container, folder, packPath(local, name, { follow }), send);
}

/** The destination with a link at its end followed once, as docker's client does, and what is there. */
async function resolveDestination(
  containers: ContainerService,
  { container, path }: InContainer,
): Promise<readonly [path: string, stat: PathStat | undefined]> {
  const look = (at: string) =>
    containers.statPath(container, at).catch((error: unknown) => {
      // A missing container is reported by the write that follows.
      if (isKind(error, "not-found")) return undefined;
      throw error;
    });
  const absolute = posix.resolve("/", path);
  const found = await look(absolute);
  if (found === undefined || !isGoSymlink(found.mode)) return [absolute, found];
  const target = posix.resolve(posix.dirname(absolute), found.linkTarget);
  return [target, await look(target)];
}
