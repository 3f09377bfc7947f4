import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const STORAGES = ["embedded", "filesystem"] as const;
export type StorageName = (typeof STORAGES)[number];

/** `slipway registry serve` as a process of its own. */
export interface Served {
  readonly child: ChildProcess;
  readonly url: string;
  /** From spawning it until it listens. */
  readonly startedMs: number;
}
export interface Place {
  readonly storage: StorageName;
  /** An empty directory the first time. */
  readonly folder: string;
}

const PROGRAM = fileURLToPath(new URL("../../../../bin/slipway", import.meta.url));

/** Runs one command of slipway on the place; `data` for those about the registry. */
export function commandOf({ storage, folder }: Place, ...args: readonly string[]): readonly string[] {
  const data = storage === "filesystem" ? ["--data", `${folder}/registry`] : [];
  return [PROGRAM, "--root", `${folder}/store`, ...args, ...data];
}

export async function serve(place: Place, ...options: readonly string[]): Promise<Served> {
  const [program = "", ...args] = commandOf(place, "registry", "serve", "--addr", "127.0.0.1:0", ...options);
  const begin = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
  const [, address] = /listening on (\S+)/.exec(String(line[0])) ?? [];
  if (address === undefined) throw new Error(`the registry does not start: ${String(line[0])}`);
  child.stdout.resume();
  return { child, url: `http://${address}`, startedMs: performance.now() - begin };
}

/** Resolves with how long it took. */
export async function end({ child }: Served, signal: "SIGTERM" | "SIGKILL"): Promise<number> {
  const begin = performance.now();
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return performance.now() - begin;
}

/** Bytes of memory the process has now, and had at most. */
export function memoryOf({ child }: Served): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const kilobytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
  return { now: kilobytes("VmRSS") * 1024, peak: kilobytes("VmHWM") * 1024 };
}
