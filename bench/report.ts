import { cpus, release, totalmem } from "node:os";
import { formatTable } from "../cli/format/table.ts";
import { type Summary, summarize } from "./stats.ts";

/** Milliseconds of every round. */
export type Samples = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

export interface Report {
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
  };
  readonly node: string;
  readonly date: string;
  readonly absent: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly name: string;
    /** `ratio`: how many times Slipway's median it is. */
    readonly results: Readonly<
      Record<string, Summary & { readonly samples: readonly number[]; readonly ratio: number }>
    >;
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

export function makeReport(samples: Samples, absent: Readonly<Record<string, string>>): Report {
  return {
    ...thisMachine(),
    date: new Date().toISOString(),
    absent,
    rows: Array.from(samples, ([name, byContender]) => {
      const own = byContender.get("slipway");
      const base = own === undefined ? Number.NaN : summarize(own).median;
      const results = Array.from(byContender, ([contender, values]) => {
        const summary = summarize(values);
        return [contender, { ...summary, samples: values, ratio: summary.median / base }] as const;
      });
      return { name, results: Object.fromEntries(results) };
    }),
  };
}

const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1000).toFixed(3) : (ms / 1000).toFixed(1));

function cells({ rows }: Report): readonly (readonly string[])[] {
  return rows.flatMap(({ name, results }) =>
    Object.entries(results).map(([contender, { median, min, max, ratio }]) => [
      name,
      contender,
      `${seconds(median)} s`,
      `${seconds(min)} s`,
      `${seconds(max)} s`,
      Number.isNaN(ratio) ? "" : `${ratio.toFixed(2)}x`,
    ]),
  );
}
const COLUMNS = ["ROW", "CONTENDER", "MEDIAN", "MIN", "MAX", "RATIO"];

export function describeMachine({ machine, node }: Pick<Report, "machine" | "node">): string {
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  return `${machine.cpu}, ${machine.cores} cores, ${memory} GiB, Linux ${machine.kernel}, Node ${node}`;
}

/** One line per row and contender: median, spread, and the ratio to Slipway. */
export function describeReport(report: Report): string {
  const table = formatTable({ columns: COLUMNS, rows: cells(report) });
  const left = Object.entries(report.absent).map(([name, why]) => `absent: ${name}: ${why}\n`);
  return `${describeMachine(report)}\n\n${table}${left.length > 0 ? "\n" : ""}${left.join("")}`;
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
    "times Slipway's median another's is.",
    "",
    `${describeMachine(report)}, ${report.date.slice(0, 10)}.`,
    "",
    ...table,
    ...(absent.length > 0 ? ["", ...absent] : []),
    "",
  ].join("\n");
}
