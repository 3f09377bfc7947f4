import type { Digest } from "../../core/digest.ts";
import type { LayoutSource } from "../../engine/api.ts";
import { layoutStore } from "../../wire/buildkit/content.ts";
import { readBlob } from "./session-blobs.ts";
import type { Session } from "./sessions.ts";

/** An image in an OCI layout that the client lends as a store of blobs. */
export const sessionLayout = (
  session: Session,
  { store, digest }: { readonly store: string; readonly digest: Digest },
): LayoutSource => ({
  digest,
  blob: (blob, options) => readBlob({ session, store: layoutStore(store) }, blob, options),
});
