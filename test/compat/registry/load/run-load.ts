import { setTimeout as sleep } from "node:timers/promises";
import { Actor } from "./actor.ts";
import { Ledger } from "./ledger.ts";
import { Random } from "./random.ts";
import { end, memoryOf, type Place, type Served, serve } from "./served.ts";
import { pullAll, verifyStopped } from "./verify.ts";
import { Wire } from "./wire.ts";

export interface LoadOptions {
  readonly place: Place;
  readonly clients: number;
  readonly durationMs: number;
  readonly seed: number;
  /** How often a line is reported. */
  readonly everyMs: number;
}
export interface LoadResult {
  readonly ledger: Ledger;
  /** Bytes of memory of the server: at its most in the first quarter, and in the rest. */
  readonly memory: { readonly early: number; readonly late: number };
  readonly stoppedMs: number;
}

const SERVER = ["--gc-interval", "5s", "--gc-grace", "15s"];
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** Lets clients push, pull and delete at one server for a while, then looks whether it kept its word. */
export async function runLoad(options: LoadOptions, report: (line: string) => void): Promise<LoadResult> {
  const { place, clients, durationMs, seed } = options;
  const ledger = new Ledger();
  const served = await serve(place, ...SERVER);
  const over = AbortSignal.timeout(durationMs);
  const watching = watch(served, ledger, { ...options, report, over });
  await Promise.all(Array.from({ length: clients }, (_, id) => act(served, ledger, { id, seed, over })));
  const memory = await watching;
  report(`Pulled ${await pullAll(served, ledger)} acknowledged tags`);
  const stoppedMs = await end(served, "SIGTERM");
  const lines = await verifyStopped(place, ledger, () => serveOnce(place));
  for (const line of lines) report(line);
  return { ledger, memory, stoppedMs };
}

async function act(
  { url }: Served,
  ledger: Ledger,
  { id, seed, over }: { readonly id: number; readonly seed: number; readonly over: AbortSignal },
): Promise<void> {
  using wire = new Wire(url);
  await new Actor(id, { wire, ledger, random: new Random(`${seed} ${id}`) }).run(over);
}

async function watch(
  served: Served,
  ledger: Ledger,
  {
    durationMs,
    everyMs,
    report,
    over,
  }: LoadOptions & { readonly report: (line: string) => void; readonly over: AbortSignal },
): Promise<LoadResult["memory"]> {
  const begin = Date.now();
  let [early, late] = [0, 0];
  while (!over.aborted) {
    await sleep(everyMs, undefined, { signal: over }).catch(() => undefined);
    const { now } = memoryOf(served);
    const passed = Date.now() - begin;
    if (passed < durationMs / 4) early = Math.max(early, now);
    else late = Math.max(late, now);
    const { pushed, pulled, deleted, referrers, overtaken, bytesIn, bytesOut } = ledger.counts;
    report(
      `${String(Math.round(passed / 1000)).padStart(4)} s  memory ${megabytes(now)}  ${pushed} pushed  ${referrers} referrers  ` +
        `${pulled} pulled  ${deleted} deleted  ${overtaken} overtaken  ${megabytes(bytesIn)} in  ${megabytes(bytesOut)} out  ${ledger.failures.length} failures`,
    );
  }
  return { early, late };
}

export async function serveOnce(place: Place): Promise<Served & AsyncDisposable> {
  const served = await serve(place);
  return { ...served, [Symbol.asyncDispose]: async () => void (await end(served, "SIGTERM")) };
}
