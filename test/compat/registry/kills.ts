// npm run kills:registry -- [--kills 200] [--clients 8] [--seed 1] [--storage embedded|filesystem]
// Kills a registry under load at random moments and looks what it kept. Ends with 1 when something acknowledged is lost, or a start takes 2 s.
import { onNewPlace, readOptions } from "./load/options.ts";
import { runKills } from "./load/run-kills.ts";

const { numbers, storage } = readOptions({ kills: 200, clients: 8, seed: 1 });
const { kills, clients, seed } = numbers;
const LONGEST_START_MS = 2_000;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`${kills} kills of a registry on the ${storage} storage under ${clients} clients, seed ${seed}`);
const { ledger, starts } = await onNewPlace(storage, (place) =>
  runKills({ place, kills, clients, seed, lifeMs: 1_500 }, say),
);
for (const failure of ledger.failures.slice(0, 100)) say(`FAILED ${failure}`);
const sorted = [...starts].sort((a, b) => a - b).map(Math.round);
const at = (part: number): number =>
  sorted[Math.min(Math.floor(part * sorted.length), sorted.length - 1)] ?? 0;
say(`starts: median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, longest ${at(1)} ms`);
say(`${ledger.failures.length} failures`);
process.exitCode = ledger.failures.length === 0 && at(1) < LONGEST_START_MS ? 0 : 1;
