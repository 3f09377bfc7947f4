import type { KernelTrees } from "../../native/kernel.ts";
import type { Tree } from "../types.ts";

/**
 * Whether a layer may change what is at an absolute path that no link leads to; `tree` is what the layer has, with overlayfs's whiteouts. A
 * directory on the way that it lists as well changes nothing, unless it hides what was in it.
 */
export function touchesPath(tree: Tree, path: string, kernel: Pick<KernelTrees, "isOpaque">): boolean {
  const names = path.split("/").filter((name) => name !== "");
  let at = "/";
  for (const name of names) {
    if (kernel.isOpaque(tree.fd, at)) return true;
    at = at === "/" ? name : `${at}/${name}`;
    const stat = tree.stat(at);
    if (stat === undefined) return false;
    if (stat.type !== "dir") return true;
  }
  return true;
}
