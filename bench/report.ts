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

export function makeReport(samples: Samples, absent: Readonly<Record<string, string>>): Report {
  const [first] = cpus();
  return {
    machine: {
      cpu: first?.model ?? "unknown",
      cores: cpus().length,
      memoryBytes: totalmem(),
      kernel: release(),
    },
    node: process.version,
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

/** One line per row and contender: median, spread, and the ratio to Slipway. */
export function describeReport({ machine, node, rows, absent }: Report): string {
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  const head = `${machine.cpu}, ${machine.cores} cores, ${memory} GiB, Linux ${machine.kernel}, Node ${node}\n\n`;
  const table = formatTable({
    columns: ["ROW", "CONTENDER", "MEDIAN", "MIN", "MAX", "RATIO"],
    rows: rows.flatMap(({ name, results }) =>
      Object.entries(results).map(([contender, { median, min, max, ratio }]) => [
        name,
        contender,
        `${seconds(median)} s`,
        `${seconds(min)} s`,
        `${seconds(max)} s`,
        Number.isNaN(ratio) ? "" : `${ratio.toFixed(2)}x`,
      ]),
    ),
  });
  const left = Object.entries(absent).map(([name, why]) => `absent: ${name}: ${why}\n`);
  return `${head}${table}${left.length > 0 ? "\n" : ""}${left.join("")}`;
}
