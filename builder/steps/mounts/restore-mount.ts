import { describeError } from "../../../core/errors.ts";
import type { NamedMount } from "../../cache/remote/build-mounts.ts";
import { unpackMountLayer } from "../../cache/remote/mount-layer.ts";
import type { StepContext } from "../step-context.ts";

/**
 * Makes a directory, which goes with the build's lease, of what another machine's cache has of a cache mount. Undefined when none has it, and when it
 * cannot be had, which is a warning: a cache mount may be empty at any time.
 */
export async function restoreMount(
  { name, id }: NamedMount,
  { mounts, store, lease, internal, report }: StepContext,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = mounts.find(name);
  if (found === undefined) return undefined;
  const { layer, from, fetch } = found;
  try {
    return await internal.run(`restoring cache mount ${id} from ${from}`, async (tell) => {
      lease.blob(layer.diffId);
      mounts.pass();
      await fetch(signal);
      const directory = await unpackMountLayer(store, layer.diffId, lease);
      tell("restored", store.layers.stat(layer.diffId)?.size ?? 0);
      return directory;
    });
  } catch (error) {
    signal.throwIfAborted();
    report({
      type: "warning",
      message: `the cache mount ${id} of ${from} is not used: ${describeError(error)}`,
    });
    return undefined;
  }
}
