import { Failure } from "../../core/errors.ts";
import { commitTime } from "../context/commit-time.ts";

/**
 * The time that results made now carry: SOURCE_DATE_EPOCH if it is set; else that of the last commit when the context lies in a git work
 * tree; else the present. Only a result that is really made asks, so a cached build never looks for git.
 */
export class Timestamps {
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly requested: number | undefined;
  readonly #context: string;
  readonly #clock: () => number;
  #fixed: Promise<number | undefined> | undefined;

  constructor(options: {
    readonly requested: number | undefined;
    readonly context: string;
    readonly clock: () => number;
  }) {
    this.requested = options.requested;
    this.#context = options.context;
    this.#clock = options.clock;
  }

  /** SOURCE_DATE_EPOCH as image histories have it. */
  get requestedTime(): string | undefined {
    return this.requested === undefined ? undefined : new Date(this.requested * 1000).toISOString();
  }

  /** Times in layers that are newer are set to this one (seconds); undefined leaves them. */
  clamp(): Promise<number | undefined> {
    this.#fixed ??=
      this.requested === undefined ? commitTime(this.#context) : Promise.resolve(this.requested);
    return this.#fixed;
  }

  /** Seconds since the epoch, for what is made now. */
  async now(): Promise<number> {
    return (await this.clamp()) ?? Math.floor(this.#clock() / 1000);
  }

  /** As image histories have it. */
  async created(): Promise<string> {
    const fixed = await this.clamp();
    return new Date(fixed === undefined ? this.#clock() : fixed * 1000).toISOString();
  }
}

/** The build argument SOURCE_DATE_EPOCH, in seconds. Throws OPTION_INVALID. */
export function epochArgument(buildArgs: Readonly<Record<string, string>>): number | undefined {
  const text = buildArgs["SOURCE_DATE_EPOCH"];
  if (text === undefined || text === "") return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(seconds * 1000)) return seconds;
  throw new Failure("OPTION_INVALID", {
    option: "SOURCE_DATE_EPOCH",
    got: text,
    want: "seconds since the epoch",
  });
}
