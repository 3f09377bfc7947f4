import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** How long a follower waits for a file event before it looks again all the same. */
const LOOK_AGAIN_MS = 500;

/** Tells when something happens to a file. */
export class Changes implements Disposable {
  #watcher: FSWatcher | undefined;
  #wake: () => void = () => undefined;

  constructor(path: string) {
    try {
      this.#watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === basename(path)) this.#wake();
      });
      this.#watcher.on("error", () => undefined);
    } catch {
      // No inotify watch left (or no directory): looking again from time to time does it too.
    }
  }

  /** Resolves at the next change, or after a while. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#wake();
  }
}
