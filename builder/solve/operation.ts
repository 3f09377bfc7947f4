import type { LayerInfo } from "../../store/snapshotter.ts";
import type { Part } from "../cache/preimage.ts";

/**
 * A step made ready to be looked up and performed. Nothing is read or written before inputs() or perform().
 */
export interface Operation {
  /** What is done, whatever it is done to. */
  readonly definition: readonly Part[];
  /**
   * Inputs by identity, where that is cheaper to know than their content: the layers of another stage, the stats of files. They may differ
   * although the content is equal, so a miss is followed by a look-up under inputs(). Undefined when they cannot be relied upon.
   */
  identity?(): Promise<readonly Part[] | undefined>;
  /** Inputs by content. May run beside perform(). */
  inputs(): Promise<readonly Part[]>;
  /** Makes the layer and leaves it in the store, not yet durable. */
  perform(signal: AbortSignal): Promise<LayerInfo>;
  /** False when inputs changed since they were looked at: the result is then nobody else's. Asked after perform(). */
  unchanged?(): Promise<boolean>;
}
