// npm run load:registry -- [--minutes 10] [--clients 16] [--seed 1] [--storage embedded|filesystem]
// Clients push, pull and delete at a registry whose garbage is collected every 5 s. Ends with 1 when it broke its word.
import { onNewPlace, readOptions } from "./load/options.ts";
import { runLoad } from "./load/run-load.ts";

const { numbers, storage } = readOptions({ minutes: 10, clients: 16, seed: 1 });
const { minutes, clients, seed } = numbers;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
say(`${clients} clients for ${minutes} minutes at a registry on the ${storage} storage, seed ${seed}`);
const { ledger, memory, stoppedMs } = await onNewPlace(storage, (place) =>
  runLoad({ place, clients, seed, durationMs: minutes * 60_000, everyMs: 10_000 }, say),
);
for (const failure of ledger.failures.slice(0, 100)) say(`FAILED ${failure}`);
const most = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
say(
  `memory at most ${most(memory.early)} in the first quarter, ${most(memory.late)} later; stopped in ${Math.round(stoppedMs)} ms`,
);
say(`${ledger.failures.length} failures`);
process.exitCode = ledger.failures.length === 0 ? 0 : 1;
