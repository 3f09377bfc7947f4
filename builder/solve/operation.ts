import type { LayerInfo } from "../../store/snapshotter.ts";
import type { Part } from "../cache/preimage.ts";

/**
 * A step made ready to be looked up and performed. Nothing is read or written before inputs() or perform().
 */
export interface Operation {
  /** What is done, whatever it is done to. */
  readonly definition: readonly Part[];
  /**
   * Inputs by identity, where that is known without reading them (the layers of another stage). They may differ although the content is
   * equal, so a miss is followed by a look-up under inputs(). Absent when there is nothing cheaper than inputs().
   */
  readonly identity?: readonly Part[];
  /** Inputs by content. */
  inputs(): Promise<readonly Part[]>;
  /** Makes the layer and leaves it in the store, not yet durable. */
  perform(signal: AbortSignal): Promise<LayerInfo>;
}
