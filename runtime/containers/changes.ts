import { EventEmitter } from "node:events";
import type { Abortable } from "../../core/streams.ts";

/** How long until one looks again by oneself: another process's changes are not announced. */
const LOOK_AGAIN_MS = 100;

/** Announces within this process that something about a container has changed. */
export class Changes {
  readonly #events = new EventEmitter().setMaxListeners(0);

  announce(id: string): void {
    this.#events.emit(id);
  }

  /** Resolves at the next change of `id`, or after a while. Rejects with the signal's reason. */
  next(id: string, { signal }: Abortable = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.#events.off(id, done);
        signal?.removeEventListener("abort", abort);
        settle();
      };
      const done = () => end(resolve);
      const abort = () => end(() => reject(signal?.reason));
      const timer = setTimeout(done, LOOK_AGAIN_MS);
      this.#events.once(id, done);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener("abort", abort, { once: true });
    });
  }
}
