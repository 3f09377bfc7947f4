import type { Entry } from "./context.ts";

/**
 * What is built by Slipway and by the real engine. In the Dockerfile and the flags "{web}" is the origin of the server of web.ts, "{commit}" the
 * commit of its repository, "{context}" the folder of the context.
 */
export interface Case {
  readonly name: string;
  readonly dockerfile: string;
  readonly files?: Readonly<Record<string, Entry>>;
  /** Flags of `build` beside the tag. */
  readonly flags?: readonly string[];
  /** What is looked at: the image, unless it is the files that the build writes. */
  readonly output?: "tar" | "local";
}

/** What every case is based on: busybox with a command. */
export const BASE = "dockerfiles-base:1";
export const BASE_CHANGES = ['CMD ["sh"]', "ENV FROM_BASE=1"];
