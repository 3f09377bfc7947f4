import { loadKernel } from "../../native/binding.ts";
import { LayoutFolder } from "./layout-folder.ts";

/** An OCI layout for a client of a daemon, which has no engine of its own. */
export const openFolder = (path: string): LayoutFolder => new LayoutFolder(path, { tryLock });

/** Few builds name anything in a folder, so that most need no kernel. */
const tryLock = (fd: number): boolean => loadKernel().tryLock(fd);
