import { readFileSync, statSync } from "node:fs";
import { describeError } from "../../../core/errors.ts";

/** How old the answer of current() may be. */
const CHECK_MS = 1000;
const SIZE_LIMIT = 16 << 20;

export interface ReloadedFileOptions<T> {
  readonly path: string;
  /** Other files that `parse` reads: a change of theirs counts too. */
  readonly beside?: readonly string[];
  /** Throws when the text is no good. */
  readonly parse: (text: string, path: string) => T;
  /** One line about a file that cannot be used. */
  readonly report: (line: string) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/**
 * A small file that is read again when it has changed, looked at once a second at most. What cannot be read or parsed any more is reported once and
 * leaves the former value in force: a mistake in a file of users must not open the door, nor close it.
 */
export class ReloadedFile<T> {
  readonly #options: Required<ReloadedFileOptions<T>>;
  #value: T | undefined;
  #stamp = "";
  #checkedAt = Number.NEGATIVE_INFINITY;

  /** Throws when the file exists and is no good. */
  constructor(options: ReloadedFileOptions<T>) {
    this.#options = { now: Date.now, beside: [], ...options };
    const stamp = this.#stat();
    if (stamp === undefined) return;
    this.#value = this.#read();
    this.#stamp = stamp;
    this.#checkedAt = this.#options.now();
  }

  /** Undefined until the file exists for the first time. */
  get current(): T | undefined {
    const now = this.#options.now();
    if (now - this.#checkedAt < CHECK_MS) return this.#value;
    this.#checkedAt = now;
    const stamp = this.#stat() ?? "";
    if (stamp === this.#stamp) return this.#value;
    this.#stamp = stamp;
    try {
      if (stamp === "") throw new Error(`${this.#options.path} is gone`);
      this.#value = this.#read();
    } catch (error) {
      if (this.#value !== undefined || stamp !== "")
        this.#options.report(`${describeError(error)}; what was there before stays in force`);
    }
    return this.#value;
  }

  /** As `current`, but looked at now. */
  get latest(): T | undefined {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
    return this.current;
  }

  #read(): T {
    const { path, parse } = this.#options;
    const text = readFileSync(path, "utf8");
    if (text.length > SIZE_LIMIT) throw new RangeError(`${path} is larger than ${SIZE_LIMIT} bytes`);
    return parse(text, path);
  }

  /** Changes with every way to change a file: in place, or by another under its name. */
  #stat(): string | undefined {
    const [stamp, ...others] = [this.#options.path, ...this.#options.beside].map(stampOf);
    return stamp === undefined ? undefined : [stamp, ...others].join("\n");
  }
}

/** Undefined: there is none. What cannot even be looked at has a stamp too, so that reading it says why. */
function stampOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stats === undefined ? undefined : `${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
  } catch (error) {
    return `cannot be looked at: ${(error as NodeJS.ErrnoException).code ?? ""}`;
  }
}
