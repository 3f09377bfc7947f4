import { setTimeout as sleep } from "node:timers/promises";
import { Actor } from "./actor.ts";
import { type Entry, Ledger, type Upload } from "./ledger.ts";
import { expect, finishUpload, Refused } from "./push-blob.ts";
import { Random } from "./random.ts";
import { serveOnce } from "./run-load.ts";
import { end, type Place, type Served, serve } from "./served.ts";
import { verifyStopped } from "./verify.ts";
import { Gone, Wire } from "./wire.ts";

export interface KillOptions {
  readonly place: Place;
  readonly kills: number;
  readonly clients: number;
  readonly seed: number;
  /** Longest time between a start and its kill. */
  readonly lifeMs: number;
}
export interface KillResult {
  readonly ledger: Ledger;
  /** How long each start took. */
  readonly starts: readonly number[];
  readonly uploads: { resumed: number; ended: number };
  /** Tags whose request a kill cut off: done or not. */
  readonly cut: { done: number; undone: number };
}

const SERVER = ["--gc-interval", "1s", "--gc-grace", "10s"];

/** Kills a server under load again and again; after each start it looks whether all that was acknowledged is there. */
export async function runKills(options: KillOptions, report: (line: string) => void): Promise<KillResult> {
  const { place, kills, seed, lifeMs } = options;
  const random = new Random(`kills ${seed}`);
  const result: KillResult = {
    ledger: new Ledger(),
    starts: [],
    uploads: { resumed: 0, ended: 0 },
    cut: { done: 0, undone: 0 },
  };
  const starts: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    const served = await serve(place, ...SERVER);
    starts.push(served.startedMs);
    await lookBack(served, result, new Random(`${seed} ${kill} back`));
    const stop = new AbortController();
    const clients = Array.from({ length: options.clients }, (_, id) =>
      act(served, result.ledger, { id, kill, seed, over: stop.signal }),
    );
    await sleep(random.int(1, lifeMs));
    await end(served, "SIGKILL");
    stop.abort();
    await Promise.all(clients);
    if ((kill + 1) % 10 === 0) report(progress(kill + 1, result, starts));
  }
  {
    await using last = await serveOnce(place);
    await lookBack(last, result, random);
  }
  for (const line of await verifyStopped(place, result.ledger, () => serveOnce(place))) report(line);
  return { ...result, starts };
}

function progress(kills: number, { ledger, uploads, cut }: KillResult, starts: readonly number[]): string {
  const { pushed, pulled, deleted } = ledger.counts;
  const longest = Math.round(Math.max(...starts));
  return (
    `${kills} kills  ${pushed} pushed  ${pulled} pulled  ${deleted} deleted  cut off: ${cut.done} done, ${cut.undone} not  ` +
    `uploads: ${uploads.resumed} resumed, ${uploads.ended} ended  longest start ${longest} ms  ${ledger.failures.length} failures`
  );
}

async function act(
  { url }: Served,
  ledger: Ledger,
  {
    id,
    kill,
    seed,
    over,
  }: { readonly id: number; readonly kill: number; readonly seed: number; readonly over: AbortSignal },
): Promise<void> {
  using wire = new Wire(url);
  // Each life of a client is a client of its own, so that no two use the same tag.
  const actor = new Actor(kill * 1000 + id, { wire, ledger, random: new Random(`${seed} ${kill} ${id}`) });
  await actor.run(over).catch((error: unknown) => {
    if (!(error instanceof Gone)) throw error;
  });
}

/** What a client finds that comes back after a crash. */
async function lookBack({ url }: Served, result: KillResult, random: Random): Promise<void> {
  const { ledger } = result;
  using wire = new Wire(url);
  for (const entry of ledger.unsettled()) await settle(wire, entry, result);
  for (const entry of ledger.settled()) {
    const { digest } = await wire.send("GET", `/v2/${entry.repository}/manifests/${entry.tag}`);
    if (digest !== entry.digest)
      ledger.failures.push(
        `${entry.repository}:${entry.tag} has the digest ${digest}, expected ${entry.digest}`,
      );
  }
  for (const upload of ledger.uploads) await resume({ wire, ledger, random }, upload, result);
}

/** A request that was cut off was done or not; nothing between, and nothing else. */
async function settle(wire: Wire, entry: Entry, { ledger, cut }: KillResult): Promise<void> {
  const { repository, tag, pending } = entry;
  const { status, digest } = await wire.send("GET", `/v2/${repository}/manifests/${tag}`);
  const found = status === 200 ? digest : undefined;
  if (found !== entry.digest && found !== pending?.digest)
    ledger.failures.push(`${repository}:${tag} is ${found}, expected ${entry.digest} or ${pending?.digest}`);
  if (found === pending?.digest) cut.done += 1;
  else cut.undone += 1;
  ledger.settle(entry, found);
}

/** Goes on with an upload that a kill cut off. Only one whose last request was under way may be unknown. */
async function resume(
  parts: { readonly wire: Wire; readonly ledger: Ledger; readonly random: Random },
  upload: Upload,
  { uploads }: KillResult,
): Promise<void> {
  const { wire, ledger } = parts;
  const { location, content, finishing, acknowledged } = upload;
  ledger.uploads.delete(upload);
  try {
    const { status, headers } = await expect(wire, finishing ? [204, 404] : [204], ["GET", location]);
    if (status === 404) {
      uploads.ended += 1;
      return;
    }
    const last = Number(/^0-(\d+)$/.exec(String(headers.range))?.[1]);
    // "0-0" is nothing, or one byte.
    upload.acknowledged = last === 0 ? 0 : last + 1;
    if (upload.acknowledged < acknowledged || upload.acknowledged > content.byteLength)
      throw new Refused(`${location} has ${upload.acknowledged} bytes, expected ${acknowledged} at least`);
    await finishUpload(parts, upload);
    uploads.resumed += 1;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    ledger.failures.push(error.message);
  }
}
