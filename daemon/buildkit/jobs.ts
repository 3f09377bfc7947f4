import { deferred } from "../../core/deferred.ts";
import { Failure } from "../../core/errors.ts";
import type { StatusResponse } from "../../wire/buildkit/control.ts";
import { Feed } from "../streams/feed.ts";
import type { FrontendRequest } from "./frontend-attrs.ts";

/** A build under way, from the call that opened it until that ends. */
export interface Job {
  readonly ref: string;
  /** The client's session that lends what it needs. */
  readonly session: string;
  /** What it tells of its progress. One reader. */
  readonly status: Feed<StatusResponse>;
  /** What was asked of the frontend, by the reference that stands for its result. */
  readonly requests: Map<string, FrontendRequest>;
  /** Settled by the client once it knows what is to be made of it: a reference, or nothing. */
  readonly returned: ReturnType<typeof deferred<string | undefined>>;
}

/** Calls about a build may arrive before the one that opens it. */
const WAIT_MS = 6_000;
const MAX_REF = 256;
const MAX_ENDED = 16;

/** The builds of a daemon's clients. */
export class BuildJobs {
  readonly #open = new Map<string, Job>();
  /** The last ones: calls about a build may also arrive after its end. */
  readonly #ended = new Map<string, Job>();
  /** Those whose progress somebody reads, or has read. */
  readonly #read = new WeakSet<Job>();
  #news = deferred();

  /** Throws REQUEST_INVALID. */
  open(ref: string, session: string): Job {
    if (ref === "" || ref.length > MAX_REF || this.#open.has(ref))
      throw new Failure("REQUEST_INVALID", {
        why: `invalid build reference ${JSON.stringify(ref.slice(0, MAX_REF))}`,
      });
    const job: Job = {
      ref,
      session,
      status: new Feed(),
      requests: new Map(),
      returned: deferred<string | undefined>(),
    };
    // A client that gives up may never have said what it wanted.
    job.returned.promise.catch(() => undefined);
    this.#open.set(ref, job);
    this.#news.resolve();
    this.#news = deferred();
    return job;
  }

  /** What is left of its progress may be read for a while. */
  close(job: Job): void {
    job.status.end();
    this.#open.delete(job.ref);
    this.#ended.set(job.ref, job);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** True of a build whose progress nobody has begun to read. */
  isUnread(ref: string): boolean {
    const job = this.#open.get(ref) ?? this.#ended.get(ref);
    return job !== undefined && !this.#read.has(job);
  }

  /** What it tells of its progress, for one reader. Waits for it a while. Rejects with BUILD_UNKNOWN. */
  async read(ref: string, signal: AbortSignal): Promise<AsyncIterable<StatusResponse>> {
    const job = await this.get(ref, signal);
    this.#read.add(job);
    return job.status;
  }

  /** Waits for it a while. Rejects with BUILD_UNKNOWN. */
  async get(ref: string, signal: AbortSignal): Promise<Job> {
    const late = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
    const gone = new Promise<void>((resolve) =>
      late.addEventListener("abort", () => resolve(), { once: true }),
    );
    for (;;) {
      const job = this.#open.get(ref) ?? this.#ended.get(ref);
      if (job !== undefined) return job;
      if (late.aborted) throw new Failure("BUILD_UNKNOWN", { build: ref });
      await Promise.race([this.#news.promise, gone]);
    }
  }
}
