import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A new directory that goes when it is disposed. */
export class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "slipway-test-"));

  join(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  [Symbol.dispose](): void {
    // What serves a container may still be leaving.
    rmSync(this.path, { recursive: true, force: true, maxRetries: 10 });
  }
}
