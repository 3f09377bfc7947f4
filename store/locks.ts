import { closeSync, constants, fstatSync, openSync, statSync, unlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { deferred } from "../core/deferred.ts";
import { Failure } from "../core/errors.ts";
import { ifThere } from "../core/if-there.ts";
import type { Abortable } from "../core/streams.ts";
import { unlessAborted } from "../core/unless-aborted.ts";
import type { KernelFiles } from "../native/kernel.ts";
import type { Paths } from "./paths.ts";
import type { Locks } from "./types.ts";

const NAME = /^[A-Za-z0-9_.-]{1,200}$/;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

/** flock(2) files, so that a crash releases what it held. */
export class FileLocks implements Locks {
  readonly #paths: Pick<Paths, "lock">;
  readonly #kernel: Pick<KernelFiles, "tryLock">;
  /** The end of the queue for each name in this process: only its head polls the file. */
  readonly #queues = new Map<string, Promise<void>>();

  constructor(paths: Pick<Paths, "lock">, kernel: Pick<KernelFiles, "tryLock">) {
    this.#paths = paths;
    this.#kernel = kernel;
  }

  async hold(name: string, options: Abortable = {}): Promise<AsyncDisposable> {
    if (!NAME.test(name) || name.startsWith("."))
      throw new Failure("OPTION_INVALID", { option: "lock name", got: name, want: "[A-Za-z0-9_.-]+" });
    const before = this.#queues.get(name);
    const turn = deferred();
    this.#queues.set(name, turn.promise);
    const leave = (): void => {
      if (this.#queues.get(name) === turn.promise) this.#queues.delete(name);
      turn.resolve();
    };
    try {
      await unlessAborted(before ?? Promise.resolve(), options.signal);
      const fd = await this.#take(this.#paths.lock(name), options.signal);
      return { [Symbol.asyncDispose]: async () => this.#release(this.#paths.lock(name), fd, leave) };
    } catch (error) {
      // Whoever waits behind still waits for the one before.
      if (before === undefined) leave();
      else void before.then(leave);
      throw error;
    }
  }

  /** Removes the file of a lock that nobody holds, whose holder was killed. */
  forget(name: string): void {
    if (this.#queues.has(name)) return;
    const path = this.#paths.lock(name);
    const fd = this.#tryTake(path);
    if (fd !== undefined) this.#release(path, fd, () => undefined);
  }

  async #take(path: string, signal: AbortSignal | undefined): Promise<number> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      signal?.throwIfAborted();
      const fd = this.#tryTake(path);
      if (fd !== undefined) return fd;
      // The next round throws the signal's own reason.
      await sleep(pause, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  #tryTake(path: string): number | undefined {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      // The holder removes the file as it leaves; a lock on a removed file excludes nobody.
      if (this.#kernel.tryLock(fd) && isFile(path, fd)) return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    return undefined;
  }

  #release(path: string, fd: number, leave: () => void): void {
    ifThere(() => unlinkSync(path));
    closeSync(fd);
    leave();
  }
}

const isFile = (path: string, fd: number): boolean =>
  statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
