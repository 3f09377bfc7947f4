import { type Digest, digestOf } from "../../core/digest.ts";

/** A named part of a cache key. Values are JSON; the name is what an explanation of a miss shows. */
export type Part = readonly [name: string, value: JsonValue];
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/**
 * What a cache key is made of. `definition` says what is done; `inputs` what it was done to, as digests of content.
 * The same parts come in the same order for the same kind of step. Secrets are never part of it.
 */
export interface Preimage {
  readonly definition: readonly Part[];
  readonly inputs: readonly Part[];
}

/** The input that says what files are by their stats: inode numbers and times of one machine. */
export const FILE_STATS = "file stats";

/** Whether a key made of these inputs means the same on other machines. */
export const isPortable = (inputs: readonly Part[]): boolean => !inputs.some(([name]) => name === FILE_STATS);

/** Raised when an operation's meaning changes, so that results of the old meaning are no longer found. */
const KEY_VERSION = 1;

export const keyOf = (parts: readonly Part[]): Digest => digestOf(JSON.stringify([KEY_VERSION, parts]));

interface Chain {
  readonly own: Digest;
  /** Of all but the topmost layer. */
  readonly below?: Digest;
}
/** Of the lists that were asked for, or made by onto(). */
const chains = new WeakMap<readonly Digest[], Chain>();

const raised = ({ own: below }: Chain, layer: Digest): Chain => ({
  own: digestOf(`${below} ${layer}`),
  below,
});

function lookUp(layers: readonly Digest[]): Chain {
  const known = chains.get(layers);
  if (known !== undefined) return known;
  const [lowest, ...above] = layers;
  const chain = lowest === undefined ? { own: digestOf("") } : above.reduce(raised, { own: lowest });
  chains.set(layers, chain);
  return chain;
}

/** Identity of a root filesystem's content: OCI image-spec, config.md#layer-chainid, with a name for the empty one. */
export const chainOf = (layers: readonly Digest[]): Digest => lookUp(layers).own;

/** That of the layers below the topmost one; undefined where there is none. */
export const chainBelow = (layers: readonly Digest[]): Digest | undefined => lookUp(layers).below;

/** `below` with one more layer on top, whose identity takes no walk through all of them. */
export function onto(below: readonly Digest[], layer: Digest): readonly Digest[] {
  const layers = [...below, layer];
  if (below.length > 0) chains.set(layers, raised(lookUp(below), layer));
  return layers;
}
