import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type BaseImageName, baseImage } from "../../fixtures/base-images.ts";

const run = promisify(execFile);
const PROGRAM = join(import.meta.dirname, "../../bin/slipway");

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line on a state root of its own, removed with everything in it when disposed. */
export class SlipwayClient implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), "slipway-root-"));
  readonly command: readonly [string] = [PROGRAM];
  readonly env: Readonly<Record<string, string>> = { SLIPWAY_ROOT: this.root };

  static async with(...images: readonly BaseImageName[]): Promise<SlipwayClient> {
    const client = new SlipwayClient();
    for (const name of images) {
      const { tar, changes } = await baseImage(name);
      await client.ok(["import", ...changes.flatMap((change) => ["--change", change]), tar, name]);
    }
    return client;
  }

  /** Runs a command to its end, whatever its status. */
  async call(args: readonly string[], input: string | Buffer = ""): Promise<Outcome> {
    const running = run(PROGRAM, args, { env: { ...process.env, ...this.env }, maxBuffer: 1 << 26 });
    running.child.stdin?.on("error", () => undefined).end(input);
    return running.then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error: { readonly code?: number | string; readonly stdout?: string; readonly stderr?: string }) => {
        if (typeof error.code !== "number") throw error;
        return { status: error.code, stdout: error.stdout ?? "", stderr: error.stderr ?? "" };
      },
    );
  }

  /** call(), failing unless the status is 0. Returns standard output, trimmed. */
  async ok(args: readonly string[], input: string | Buffer = ""): Promise<string> {
    const { status, stdout, stderr } = await this.call(args, input);
    if (status !== 0) throw new Error(`slipway ${args.join(" ")} ended with ${status}: ${stderr || stdout}`);
    return stdout.trim();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ids = (await this.call(["ps", "-aq"])).stdout.split("\n").filter((id) => id !== "");
    if (ids.length > 0) await this.call(["rm", "-f", "-v", ...ids]);
    rmSync(this.root, { recursive: true, force: true });
  }
}
