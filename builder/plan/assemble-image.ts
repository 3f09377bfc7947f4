import type { HistoryEntry, ImageConfig } from "../../image/config.ts";
import { type ImageState, layersOf, type Outcomes, type StepId } from "./step.ts";

export interface AssembleOptions {
  readonly outcomes: Outcomes;
  /** The step whose layers are the image's. */
  readonly result: StepId | undefined;
  /** Time of everything new, if the user asked for one; as histories have it. */
  readonly created?: string | undefined;
}

/**
 * The image document of a state whose steps are done. Times come from the steps' outcomes alone, never from the clock: a cached build is
 * equal to the first one in every byte. An image without any time has no `created`.
 */
export function assembleImage(state: ImageState, options: AssembleOptions): ImageConfig {
  const { outcomes, result } = options;
  const known = state.history.map(({ entry, step }): HistoryEntry => {
    const created = step === undefined ? entry.created : outcomes.get(step)?.created;
    return created === undefined ? entry : { ...entry, created };
  });
  const history = dated(known, options.created);
  const created = history.findLast((entry) => entry.created !== undefined)?.created;
  return {
    ...(created === undefined ? {} : { created }),
    ...state.document,
    config: state.config,
    rootfs: { type: "layers", diff_ids: layersOf(outcomes, result) },
    history,
  };
}

/**
 * Entries without a layer have no time of their own. They take that of the layer before them; those at the beginning of what is new take
 * the first new layer's rather than the base image's, as BuildKit's do.
 */
function dated(history: readonly HistoryEntry[], fallback: string | undefined): readonly HistoryEntry[] {
  const firstNew = history.findIndex(({ created }) => created === undefined);
  if (firstNew === -1) return history;
  const after = history.slice(firstNew).find(({ created }) => created !== undefined)?.created;
  const before = history.slice(0, firstNew).findLast(({ created }) => created !== undefined)?.created;
  let last = fallback ?? after ?? before;
  return history.map((entry, i) => {
    if (i < firstNew) return entry;
    last = fallback ?? entry.created ?? last;
    return last === undefined ? entry : { ...entry, created: last };
  });
}
