/** One process, timed from its start to its end. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  /** Added to the environment; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The name of the base image in every contender's store. */
export const BASE = "localhost/slipway-bench:base";
/** The repository and tag of images that go to registries. */
export const TRANSFERRED = "slipway-bench/transferred:1";
export const RESULT = "localhost/slipway-bench:result";

export interface Base {
  /** The root filesystem as a tar. */
  readonly tar: string;
  /** The same as a docker-archive that is tagged BASE. */
  readonly archive: string;
}

export interface Transfer {
  build(context: string): Command;
  push(): Command;
  pull(): Command;
  /** Makes it know neither the image nor its layer any more. */
  forget(): readonly Command[];
}

/** Something that builds and runs. A row that it has no command for is left out for it. */
export interface Contender {
  readonly name: string;
  /** Its work is done by a service, whose memory is not the command's. */
  readonly isClient?: boolean;
  /** Why it cannot take part on this machine; undefined when it can. */
  missing(): string | undefined;
  /** Makes BASE known to it. */
  prepare(base: Base): void;
  build?(context: string, options: { readonly cache: boolean }): Command;
  /** `run --rm BASE true`. */
  run?(): Command;
  /** `docker run --rm BASE true` by docker's client, with the engine at its other end up when this returns. */
  runByClient?(): Command;
  /** The commands of the Dockerfile `seed` in a plain root filesystem: the limit for any builder. */
  seed?(script: string): Command;
  /** Images on their way to a registry and back; absent without one. */
  readonly transfer?: Transfer;
  /** Images on their way to the registry that its own store is served as. */
  readonly ownRegistry?: Pick<Transfer, "build" | "push">;
  /** Removes what prepare() and the builds left. */
  cleanUp(): void;
}
