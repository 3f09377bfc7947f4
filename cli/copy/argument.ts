import { isAbsolute } from "node:path";

/** An argument of `cp`: a path here, one in a container, or "-" for a tar on a standard stream. */
export type CopyArgument =
  | { readonly kind: "local"; readonly path: string }
  | { readonly kind: "stream" }
  | { readonly kind: "container"; readonly container: string; readonly path: string };

/** A local path that has a ":" begins with "/", "." or is written "./a:b". */
export function readCopyArgument(text: string): CopyArgument {
  if (text === "-") return { kind: "stream" };
  const at = text.indexOf(":");
  if (isAbsolute(text) || text.startsWith(".") || at <= 0) return { kind: "local", path: text };
  return { kind: "container", container: text.slice(0, at), path: text.slice(at + 1) };
}

/** "a/." and "a/" mean the directory behind the name; "a/." also means its content instead of itself. */
export const meansContent = (path: string): boolean => /(^|\/)\.$/.test(path);
export const meansDirectory = (path: string): boolean => path.endsWith("/") || meansContent(path);
