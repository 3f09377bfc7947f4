import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Command } from "./contender.ts";
import { words } from "./process.ts";

export interface Measurement {
  readonly ms: number;
  /** The most memory that one of the command's processes had at a time. */
  readonly peakBytes: number;
}

const KEPT_OUTPUT = 1500;
const LOOK_EVERY_MS = 20;

/** Runs a command to its end; rejects with the end of its output when it fails. */
export async function measure({ argv: [file, ...args], env }: Command): Promise<Measurement> {
  const start = performance.now();
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let tail = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      tail = (tail + data.toString()).slice(-KEPT_OUTPUT);
    });
  let peakBytes = 0;
  const looking = setInterval(() => {
    if (child.pid !== undefined) peakBytes = Math.max(peakBytes, peakOf(child.pid));
  }, LOOK_EVERY_MS);
  try {
    const { ms, status } = await new Promise<{ ms: number; status: number | null }>((resolve, reject) => {
      let elapsed = 0;
      child.once("error", reject);
      child.once("exit", () => {
        elapsed = performance.now() - start;
      });
      child.once("close", (code) => resolve({ ms: elapsed, status: code }));
    });
    if (status !== 0) throw new Error(`${[file, ...args].join(" ")}: ${tail.trim()}`);
    return { ms, peakBytes };
  } finally {
    clearInterval(looking);
  }
}

const HIGH_WATER = /^VmHWM:\s+(\d+) kB$/m;

/** Of a process and those it started: the kernel keeps the most that each had, so looking now and then is enough. */
function peakOf(pid: number): number {
  try {
    const kibibytes = Number(HIGH_WATER.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
    const children = words(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8"));
    return Math.max(kibibytes * 1024, ...children.map((child) => peakOf(Number(child))));
  } catch {
    // It has just ended.
    return 0;
  }
}
