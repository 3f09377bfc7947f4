import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import { newId } from "../../../core/ids.ts";
import { chainOf, type Part } from "../../cache/preimage.ts";
import { selectFrom } from "../../context/build-context.ts";
import { literalPattern } from "../../context/patterns.ts";
import { type BindMount, type CacheMount, layersOf, type Outcomes } from "../../plan/step.ts";
import type { StepContext } from "../step-context.ts";
import type { Prepared, Preparing } from "./prepare-mounts.ts";

type Origin = BindMount["from"];

/** Shows what another step made. What is written to a writable one goes to a snapshot that is thrown away. */
export async function prepareBind(mount: BindMount, preparing: Preparing): Promise<Prepared> {
  const { outcomes, context, signal, undo } = preparing;
  const { store, roots, lease, held } = context;
  const { target, from, readOnly } = mount;
  const layers = layersOf(outcomes, from.step);
  const path = await roots.read(
    layers,
    (tree) => {
      const resolved = tree?.resolve(from.path) ?? "/";
      if (resolved !== "/" && tree?.stat(resolved) === undefined) throw missing(from);
      if (tree === undefined && from.path !== "/") throw missing(from);
      return resolved;
    },
    signal,
  );
  if (readOnly) {
    const mounts = await store.snapshots.view(layers, { signal, held });
    return { mounts: [{ kind: "rootfs", target, mounts, path, readOnly }] };
  }
  const key = `build-${newId().slice(0, 32)}`;
  lease.snapshot(key);
  const mounts = await store.snapshots.prepare(key, layers, { signal, volatile: true, held });
  undo.add(() => context.background(store.snapshots.remove(key)));
  return { mounts: [{ kind: "rootfs", target, mounts, path, readOnly }] };
}

const missing = ({ path, name }: Origin): Failure =>
  new Failure("COPY_SOURCE_MISSING", { source: path, where: name, why: "" });

/** The content of what a mount shows, for the key; the root filesystem's identity where all of it is shown. */
export async function originContent(
  { target, from }: (BindMount | CacheMount) & { readonly from: Origin },
  outcomes: Outcomes,
  { roots, listings }: StepContext,
): Promise<Part> {
  const layers = layersOf(outcomes, from.step);
  if (from.path === "/") return originIdentity({ target, from }, outcomes);
  const content = await roots.read(layers, async (tree): Promise<Digest> => {
    if (tree === undefined) throw missing(from);
    const sources = { list: [{ path: literalPattern(from.path) }], exclude: [] };
    return (await selectFrom({ name: from.name, tree }, sources, listings)).content();
  });
  return [`mount ${target}`, content];
}

export const originIdentity = (
  { target, from }: { readonly target: string; readonly from: Origin },
  outcomes: Outcomes,
): Part => [`mount ${target}`, [chainOf(layersOf(outcomes, from.step)), from.path]];
