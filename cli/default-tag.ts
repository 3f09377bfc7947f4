import { parseReference } from "../core/reference.ts";
import { type Context, print } from "./context.ts";

/** Says which tag is meant when a name has none. Throws REFERENCE_INVALID. */
export async function tellDefaultTag(context: Context, name: string): Promise<void> {
  const { tag, digest } = parseReference(name);
  if (tag === undefined && digest === undefined) await print(context, "Using default tag: latest");
}
