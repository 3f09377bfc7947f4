import { closeSync } from "node:fs";
import type { KernelProcesses } from "../../native/kernel.ts";

interface LauncherServerOptions {
  readonly kernel: Pick<
    KernelProcesses,
    "spawn" | "requestLauncher" | "receiveLauncher" | "waitPidfd" | "socketPair"
  >;
  /** The static launcher's file. */
  readonly path: string;
}

/** One that was asked for, and its pidfd once that is known. */
interface Requested {
  pidfd?: number;
}

/**
 * A launcher that forks for each launch (native/launcher/server.h). It ends with this object, and with this process however that ends; what
 * it has forked does not depend on it.
 */
export class LauncherServer implements Disposable {
  readonly #kernel: LauncherServerOptions["kernel"];
  /** Those whose pidfds are still to come, in that order. */
  readonly #requested: Requested[] = [];
  #running: { readonly socket: number; readonly pidfd: number } | undefined;

  constructor({ kernel, path }: LauncherServerOptions) {
    this.#kernel = kernel;
    const [socket, theirs] = kernel.socketPair();
    try {
      const { pidfd } = kernel.spawn(path, ["serve"], [theirs, theirs, theirs, theirs]);
      this.#running = { socket, pidfd };
    } catch (error) {
      closeSync(socket);
      throw error;
    } finally {
      closeSync(theirs);
    }
  }

  get runs(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Starts a launcher with these descriptors as its 0 to 3, and does not wait for it. What is returned, and has to be called, resolves when that
   * has ended. Throws SYSCALL_FAILED when there is nobody any more to start one.
   */
  spawn(descriptors: readonly number[]): () => Promise<void> {
    if (this.#running === undefined) throw new TypeError("the launcher has ended");
    try {
      this.#kernel.requestLauncher(this.#running.socket, descriptors);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const requested: Requested = {};
    this.#requested.push(requested);
    return async () => {
      this.#receive(() => requested.pidfd !== undefined);
      if (requested.pidfd !== undefined) await this.#ended(requested.pidfd);
    };
  }

  /** Whoever has launched something has heard from it, so what tells its pidfd has come, too. */
  #receive(enough: () => boolean): void {
    if (this.#running === undefined) return;
    const { socket } = this.#running;
    try {
      while (!enough() && this.#requested.length > 0) {
        const pidfd = this.#kernel.receiveLauncher(socket);
        Object.assign(this.#requested.shift() ?? {}, { pidfd });
      }
    } catch {
      // It was killed. What it has started ends with the connection to it.
      this.#requested.length = 0;
    }
  }

  async #ended(pidfd: number): Promise<void> {
    try {
      await this.#kernel.waitPidfd(pidfd);
    } finally {
      closeSync(pidfd);
    }
  }

  [Symbol.dispose](): void {
    this.#receive(() => false);
    if (this.#running === undefined) return;
    const { socket, pidfd } = this.#running;
    this.#running = undefined;
    closeSync(socket);
    // Only now, as what is waited for keeps this process from ending.
    this.#ended(pidfd).catch(() => undefined);
  }
}
