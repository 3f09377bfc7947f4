import type { Annotations } from "../core/annotations.ts";
import type { Descriptor } from "../core/descriptor.ts";
import type { Digest } from "../core/digest.ts";

/** An image that is not in the store, since layers of it are only known to be in a registry. */
export interface UnstoredImage {
  /** The bytes of its configuration document. */
  readonly config: Buffer;
  /** Of its manifest. */
  readonly annotations?: Annotations;
  /** Lowest first; those without a blob are in the store. */
  readonly layers: readonly { readonly diffId: Digest; readonly blob?: Descriptor }[];
}
