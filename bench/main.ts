// Times Slipway beside its peers, in turn, on the same work, in one run.
//
//   npm run bench -- [--row NAME]... [--rounds N] [--contender NAME]... [--json FILE] [--page FILE] [--work FOLDER]
//                    [--docker-host URL] [--registry HOST:PORT] [--buildah COMMAND] [--podman COMMAND]
//
// DOCKER_HOST, BENCH_REGISTRY, BENCH_BUILDAH and BENCH_PODMAN stand in for the last four. The registry is one of this machine without TLS.
// Rows: steps, small, big, seed, run, run by client, push small, pull small and so on; "steps" stands for "steps" and "steps cached". Peers that are not there are named as absent.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { baseImage } from "../fixtures/base-images.ts";
import type { Command, Contender } from "./contender.ts";
import { buildah } from "./contenders/buildah.ts";
import { chroot } from "./contenders/chroot.ts";
import { docker } from "./contenders/docker.ts";
import { podman } from "./contenders/podman.ts";
import { slipway } from "./contenders/slipway.ts";
import { type Measurement, measure } from "./measure.ts";
import { attempt, time } from "./process.ts";
import { describeReport, makeReport, reportPage } from "./report.ts";
import type { Row } from "./row.ts";
import { big } from "./rows/big.ts";
import { clientRun, run } from "./rows/run.ts";
import { seed } from "./rows/seed.ts";
import { small } from "./rows/small.ts";
import { steps } from "./rows/steps.ts";
import { transfers } from "./rows/transfer.ts";

const ROWS: readonly Row[] = [...steps, ...small, ...big, seed, run, clientRun, ...transfers];

const { values: options } = parseArgs({
  options: {
    row: { type: "string", multiple: true, default: [] },
    contender: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "3" },
    json: { type: "string" },
    page: { type: "string" },
    work: { type: "string", default: "/var/tmp" },
    "docker-host": { type: "string" },
    registry: { type: "string", default: process.env["BENCH_REGISTRY"] ?? "" },
    buildah: { type: "string", default: process.env["BENCH_BUILDAH"] ?? "buildah" },
    podman: { type: "string", default: process.env["BENCH_PODMAN"] ?? "podman" },
  },
});

const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds must be a number from 1 on, got ${options.rounds}`);

const REASON_LINES = 3;

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

function selectRows(): readonly Row[] {
  if (options.row.length === 0) return ROWS;
  const unknown = options.row.find((name) => !ROWS.some((row) => matches(row, name)));
  if (unknown !== undefined)
    throw new Error(`unknown row ${unknown}: expected ${ROWS.map(({ name }) => name).join(", ")}`);
  return ROWS.filter((row) => options.row.some((name) => matches(row, name)));
}
const matches = (row: Row, name: string): boolean => row.name === name || row.name === `${name} cached`;

function selectContenders(folder: string): { present: readonly Contender[]; absent: Record<string, string> } {
  const registry = options.registry === "" ? undefined : options.registry;
  const all = [
    slipway(join(folder, "slipway"), registry),
    docker(options["docker-host"], true, registry),
    docker(options["docker-host"], false, registry),
    buildah(options.buildah),
    podman(options.podman),
    chroot(join(folder, "chroot")),
  ].filter(
    ({ name }) => name === "slipway" || options.contender.length === 0 || options.contender.includes(name),
  );
  const checked = all.map((contender) => ({ contender, why: contender.missing() }));
  return {
    present: checked.filter(({ why }) => why === undefined).map(({ contender }) => contender),
    absent: Object.fromEntries(
      checked.flatMap(({ contender, why }) => (why === undefined ? [] : [[contender.name, why]])),
    ),
  };
}

/** Peers that could not do a row, "NAME, row ROW", and why. */
type Failures = Record<string, string>;

/** The last lines of what a failed command said. */
function reasonOf(error: unknown): string {
  const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
  return lines
    .slice(-REASON_LINES)
    .map((line) => line.trim())
    .join("; ");
}

/** Undefined, with the reason noted, when a peer fails. Our own failure ends the run. */
async function measureOrNote(
  contender: Contender,
  row: Row,
  command: Command,
  failures: Failures,
): Promise<Measurement | undefined> {
  try {
    const { ms, peakBytes } = await measure(command);
    return { ms, peakBytes: contender.isClient === true ? 0 : peakBytes };
  } catch (error) {
    if (contender.name === "slipway") throw error;
    const reason = reasonOf(error);
    failures[`${contender.name}, row ${row.name}`] = reason;
    say(`${row.name}: ${contender.name} failed: ${reason}`);
    return undefined;
  }
}

/** All rounds of a row. The contenders take turns, so that what else the machine does meets them all. */
async function measureRow(
  row: Row,
  contenders: readonly Contender[],
  context: string,
  failures: Failures,
): Promise<Map<string, Measurement[]>> {
  const samples = new Map<string, Measurement[]>();
  const [source] = contenders;
  if (source === undefined) return samples;
  if (!existsSync(context)) {
    mkdirSync(context);
    row.prepare?.(context);
  }
  for (const contender of contenders) {
    const warmUp = row.warmUp?.(contender, context);
    if (warmUp !== undefined) await measureOrNote(contender, row, warmUp, failures);
  }
  for (let round = 1; round <= rounds; round += 1) {
    for (const contender of contenders) {
      const command = row.command(contender, context);
      if (command === undefined || `${contender.name}, row ${row.name}` in failures) continue;
      row.refresh?.(context);
      for (const each of row.before?.(contender, context, source) ?? []) time(each);
      // What the one before left unwritten is not this one's to write.
      attempt(["sync"]);
      const sample = await measureOrNote(contender, row, command, failures);
      for (const each of row.after?.(contender) ?? []) attempt(each.argv, each.env);
      if (sample === undefined) continue;
      samples.set(contender.name, [...(samples.get(contender.name) ?? []), sample]);
      say(`${row.name}, round ${round}: ${contender.name} ${(sample.ms / 1000).toFixed(3)} s`);
    }
  }
  return samples;
}

async function main(): Promise<void> {
  const rows = selectRows();
  const [json, page] = [options.json, options.page].map((file) => file && resolve(file));
  const base = await baseImage("debian:bookworm");
  const folder = mkdtempSync(join(options.work, "slipway-bench-"));
  // Peers may run in a root of their own that shows this folder only.
  process.chdir(folder);
  const { present, absent } = selectContenders(folder);
  // It makes the archive that the others load their base from.
  if (absent["slipway"] !== undefined) throw new Error(`slipway: ${absent["slipway"]}`);
  try {
    for (const contender of present) {
      say(`preparing ${contender.name}`);
      contender.prepare({ tar: base.tar, archive: join(folder, "base.tar") });
    }
    const failures: Failures = {};
    const samples = new Map<string, Map<string, Measurement[]>>();
    for (const row of rows) {
      const context = join(folder, row.context ?? row.name.replace(" cached", ""));
      samples.set(row.name, await measureRow(row, present, context, failures));
    }
    const report = makeReport(samples, { absent: { ...absent, ...failures }, rounds });
    process.stdout.write(describeReport(report));
    if (page) writeFileSync(page, reportPage(report));
    if (json) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    for (const contender of present) contender.cleanUp();
    process.chdir("/");
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
