import type { Digest } from "../../core/digest.ts";
import { chainOf } from "../cache/preimage.ts";
import type { WorkdirStep } from "../plan/step.ts";
import type { Operation } from "../solve/operation.ts";
import { ownerOf } from "./copy/owner.ts";
import { Placement } from "./copy/placement.ts";
import { epochPart, type StepContext, warnAt } from "./step-context.ts";

/** Makes the working directory and its parents, owned by the step's user, where they are missing. */
export function workdirOperation(
  step: WorkdirStep,
  layers: readonly Digest[],
  context: StepContext,
): Operation {
  const { store, roots, timestamps } = context;
  return {
    definition: [
      ["instruction", "WORKDIR"],
      ["path", step.path],
      ["user", step.user],
      ...epochPart(timestamps),
    ],
    inputs: async () => [["root filesystem", chainOf(layers)]],
    perform: async (signal) => {
      const warn = warnAt(context, step);
      const owner =
        step.user === "" ? undefined : ownerOf(step.user, await roots.users(layers, signal), warn);
      const now = await timestamps.now();
      const entries = await roots.read(layers, (tree) => {
        const placement = new Placement(tree, {
          target: step.path,
          now,
          ...(owner === undefined ? {} : { owner }),
        });
        placement.makeTarget();
        return placement.entries();
      });
      return store.layers.write(-1, entries);
    },
  };
}
