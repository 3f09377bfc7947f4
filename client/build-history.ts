import type { BuildDebugger, BuildHistory } from "../engine/api.ts";
import { lacks } from "./lacks.ts";

const refuse = async (): Promise<never> => {
  throw lacks("looking at past builds");
};

/** Past builds are kept in a state root, of which the Engine API does not tell. */
export const remoteBuildHistory: BuildHistory = {
  list: refuse,
  get: refuse,
  inspect: refuse,
  async *events() {
    yield await refuse();
  },
  remove: refuse,
  removeAll: refuse,
};

export const remoteBuildDebugger: BuildDebugger = {
  async debug() {
    throw lacks("entering a failed step");
  },
};
