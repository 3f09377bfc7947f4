import type { Command } from "../instructions/types.ts";
import { applyArg, applyExpose } from "./apply-expanding.ts";
import {
  applyCmd,
  applyEntrypoint,
  applyEnv,
  applyHealthcheck,
  applyLabel,
  applyMaintainer,
  applyOnbuild,
  applyShell,
  applyStopSignal,
  applyUser,
  applyVolume,
  applyWorkdir,
} from "./apply-metadata.ts";
import { applyRun } from "./apply-run.ts";
import { applyTransfer } from "./apply-transfer.ts";
import type { StageState } from "./stage-state.ts";
import type { Application, Outcome, Surroundings } from "./surroundings.ts";

const APPLICATIONS: { readonly [K in Command["kind"]]: Application<K> } = {
  ADD: applyTransfer,
  ARG: applyArg,
  CMD: applyCmd,
  COPY: applyTransfer,
  ENTRYPOINT: applyEntrypoint,
  ENV: applyEnv,
  EXPOSE: applyExpose,
  HEALTHCHECK: applyHealthcheck,
  LABEL: applyLabel,
  MAINTAINER: applyMaintainer,
  ONBUILD: applyOnbuild,
  RUN: applyRun,
  SHELL: applyShell,
  STOPSIGNAL: applyStopSignal,
  USER: applyUser,
  VOLUME: applyVolume,
  WORKDIR: applyWorkdir,
};

/** Applies an expanded instruction to the state. Throws a Problem. */
export function applyInstruction(state: StageState, instruction: Command, around: Surroundings): Outcome {
  const apply = APPLICATIONS[instruction.kind] as Application<Command["kind"]>;
  return apply(state, instruction as never, around);
}
