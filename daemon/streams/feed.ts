import { deferred } from "../../core/deferred.ts";

/** What one side tells and the other reads when it can: unbounded by itself, so whoever tells looks at `backlog`. One reader. */
export class Feed<T> implements AsyncIterable<T> {
  readonly #queue: T[] = [];
  readonly #gone = new AbortController();
  #news = deferred();
  #end: { readonly error?: unknown } | undefined;

  /** How much was told and not read. */
  get backlog(): number {
    return this.#queue.length;
  }
  /** Aborted when the reader has stopped. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  push(item: T): void {
    if (this.#end !== undefined || this.#gone.signal.aborted) return;
    this.#queue.push(item);
    this.#news.resolve();
  }

  /** No more comes; with an error, the reader gets it after what was told before. */
  end(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end;
    this.#news.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    try {
      for (;;) {
        for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) yield item;
        if (this.#end !== undefined) break;
        await this.#news.promise;
        this.#news = deferred();
      }
    } finally {
      this.#gone.abort();
    }
    if ("error" in this.#end) throw this.#end.error;
  }
}
