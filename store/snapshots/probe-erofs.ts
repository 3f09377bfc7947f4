import { closeSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { digestOf } from "../../core/digest.ts";
import { describeError } from "../../core/errors.ts";
import type { Kernel } from "../../native/kernel.ts";
import { temporaryPath } from "../content/temporary.ts";
import type { Paths } from "../paths.ts";
import { writeIndex } from "./erofs-index.ts";

/** Two zero blocks: a tar without members. */
const EMPTY_TAR = Buffer.alloc(1024);

/**
 * Tries what the driver does, on the filesystem that holds the root: an overlay over a mounted index. Returns why it does not work;
 * undefined when it does. EROFS mounts files since Linux 6.12.
 */
export async function probeErofs(paths: Paths, kernel: Kernel): Promise<string | undefined> {
  const folder = temporaryPath(paths);
  try {
    mkdirSync(folder, { mode: 0o700 });
    const [upper, work] = [join(folder, "upper"), join(folder, "work")];
    mkdirSync(upper);
    mkdirSync(work);
    const tar = join(folder, "layer.tar");
    writeFileSync(tar, EMPTY_TAR);
    const path = join(folder, "layer.erofs");
    await writeIndex(kernel, { tar, path }, digestOf(EMPTY_TAR));
    const target = "/layers/probe";
    const root = await kernel.openRootfs([
      { type: "erofs", source: path, target, options: ["ro", `device=${tar}`] },
      {
        type: "overlay",
        source: "overlay",
        options: [`lowerdir+=${target}`, `upperdir=${upper}`, `workdir=${work}`],
      },
    ]);
    closeSync(root);
    return undefined;
  } catch (error) {
    return describeError(error);
  } finally {
    await kernel.removeTree(folder);
  }
}
