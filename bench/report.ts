import { cpus, release, totalmem } from "node:os";
import { formatTable } from "../cli/format/table.ts";
import type { Measurement } from "./measure.ts";
import { type Summary, summarize } from "./stats.ts";

/** The measurements of every round, by contender, by row. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly Measurement[]>>;

interface Result extends Summary {
  /** Milliseconds of every round. */
  readonly samples: readonly number[];
  /** How many times Slipway's median it is. */
  readonly ratio: number;
  /** The most of any round; 0 where the work is not the command's own. */
  readonly peakBytes: number;
}

export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
  };
  readonly node: string;
  readonly date: string;
  readonly rounds: number;
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly name: string;
    readonly results: Readonly<Record<string, Result>>;
  }[];
}

export function thisMachine(): Pick<Report, "machine" | "node"> {
  const [first] = cpus();
  const cpu = first?.model ?? "unknown";
  return {
    machine: { cpu, cores: cpus().length, memoryBytes: totalmem(), kernel: release() },
    node: process.version,
  };
}

export function makeReport(samples: Samples, more: Pick<Report, "absent" | "rounds">): Report {
  return {
    ...thisMachine(),
    date: new Date().toISOString(),
    ...more,
    rows: Array.from(samples, ([name, byContender]) => {
      const own = byContender.get("slipway");
      const base = own === undefined ? Number.NaN : summarize(times(own)).median;
      const results = Array.from(
        byContender,
        ([contender, measurements]) => [contender, resultOf(measurements, base)] as const,
      );
      return { name, results: Object.fromEntries(results) };
    }),
  };
}

const times = (measurements: readonly Measurement[]): readonly number[] => measurements.map(({ ms }) => ms);

function resultOf(measurements: readonly Measurement[], base: number): Result {
  const samples = times(measurements);
  const summary = summarize(samples);
  const peakBytes = Math.max(...measurements.map((each) => each.peakBytes));
  return { ...summary, samples, ratio: summary.median / base, peakBytes };
}

const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(3) : (ms / 1000).toFixed(1));

function cells({ rows }: Report): readonly (readonly string[])[] {
  return rows.flatMap(({ name, results }) =>
    Object.entries(results).map(([contender, { median, min, max, ratio, peakBytes }]) => [
      name,
      contender,
      `${seconds(median)} s`,
      `${seconds(min)} s`,
      `${seconds(max)} s`,
      Number.isNaN(ratio) ? "" : `${ratio.toFixed(2)}x`,
      peakBytes === 0 ? "" : `${Math.round(peakBytes / 2 ** 20)} MiB`,
    ]),
  );
}
const COLUMNS = ["ROW", "CONTENDER", "MEDIAN", "MIN", "MAX", "RATIO", "PEAK"];

export function describeMachine({ machine, node }: Pick<Report, "machine" | "node">): string {
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  return `${machine.cpu}, ${machine.cores} cores, ${memory} GiB, Linux ${machine.kernel}, Node ${node}`;
}

const roundsOf = ({ rounds }: Report): string => (rounds === 1 ? "one round" : `${rounds} rounds`);

/** One line per row and contender: median, spread, the ratio to Slipway, and the memory of what is no client of a service. */
export function describeReport(report: Report): string {
  const table = formatTable({ columns: COLUMNS, rows: cells(report) });
  const left = Object.entries(report.absent).map(([name, why]) => `absent: ${name}: ${why}\n`);
  return `${describeMachine(report)}, ${roundsOf(report)}\n\n${table}${left.length > 0 ? "\n" : ""}${left.join("")}`;
}

/** The same as a page of the documentation. */
export function reportPage(report: Report): string {
  const line = (words: readonly string[]): string => `| ${words.join(" | ")} |`;
  const title = (word: string): string => word.charAt(0) + word.slice(1).toLowerCase();
  const table = [COLUMNS.map(title), COLUMNS.map(() => "---"), ...cells(report)].map(line);
  const absent = Object.entries(report.absent).map(([name, why]) => `- ${name} took no part: ${why}`);
  return [
    "# Benchmarks",
    "",
    "Made by `npm run bench -- --page docs/benchmarks.md`: whole commands, timed in turn in one run on the machine named below. The ratio says how many",
    "times Slipway's median another's is; the peak is the memory of the largest process, where the work is the command's own. In every round of `small`,",
    "`big`, pushes and pulls a few bytes differ from all rounds before, so that the layer is new to everybody and, where it is kept durably, has to come to the disk.",
    "",
    `${describeMachine(report)}, ${roundsOf(report)}, ${report.date.slice(0, 10)}.`,
    "",
    ...table,
    ...(absent.length > 0 ? ["", ...absent] : []),
    "",
  ].join("\n");
}
