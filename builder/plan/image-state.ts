import type { ContainerConfig, ImageConfig } from "../../image/config.ts";
import type { ResolvedStep } from "../dockerfile/resolved.ts";
import type { ImageState, PlannedHistory, StepId } from "./step.ts";

export function documentOf(image: ImageConfig): ImageState["document"] {
  const { rootfs: _, history: _history, created: _created, config: _config, ...document } = image;
  return document;
}

/** The image after a step, which has made `layer` if it makes one. */
export function after(state: ImageState, step: ResolvedStep, layer: StepId | undefined): ImageState {
  const config: ContainerConfig = step.config;
  if (step.history === undefined) return { ...state, config };
  const entry: PlannedHistory = {
    entry: step.history,
    ...(layer === undefined ? {} : { step: layer }),
  };
  return { ...state, config, history: [...state.history, entry] };
}
