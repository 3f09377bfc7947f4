// Times builds that grow in steps, in files and in bytes, by Slipway and by the BuildKit of DOCKER_HOST in turn, and draws what they cost.
//   npm run bench:growth -- [--series NAME]... [--page FOLDER]     FOLDER gets growth.md and its plots; else the tables are printed
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { baseImage } from "../fixtures/base-images.ts";
import { BASE, type Contender } from "./contender.ts";
import { docker } from "./contenders/docker.ts";
import { slipway } from "./contenders/slipway.ts";
import { type Measurement, measure } from "./measure.ts";
import { drawPlot } from "./plot.ts";
import { attempt } from "./process.ts";
import { describeMachine, thisMachine } from "./report.ts";
import { refreshBig, writeBig } from "./rows/big.ts";
import { FILES_PER_FOLDER, refreshSmall, writeSmall } from "./rows/small.ts";
import { writeSteps } from "./rows/steps.ts";

interface Series {
  readonly name: string;
  readonly unit: string;
  readonly sizes: readonly number[];
  /** Writes a context of that size. */
  write(context: string, size: number): void;
  /** Makes its layers new to everybody. */
  refresh?(context: string): void;
}

const MIB = 1 << 20;

const copying = (context: string, what: string): void =>
  writeFileSync(join(context, "Dockerfile"), `FROM ${BASE}\nCOPY ${what} /${what}\n`);

const SERIES: readonly Series[] = [
  { name: "steps", unit: "RUN instructions", sizes: [1, 32, 64, 96, 127], write: writeSteps },
  {
    name: "files",
    unit: "files of 3.7 kB",
    sizes: [1_000, 25_000, 50_000, 75_000, 100_000],
    write: (context, size) => {
      copying(context, "files");
      writeSmall(context, size / FILES_PER_FOLDER);
    },
    refresh: refreshSmall,
  },
  {
    name: "bytes",
    unit: "MiB in one file, half of them random",
    sizes: [10, 512, 1_024, 1_536, 2_048],
    write: (context, size) => {
      copying(context, "big");
      writeBig(context, size * MIB);
    },
    refresh: refreshBig,
  },
];

interface Point {
  readonly size: number;
  readonly results: ReadonlyMap<string, Measurement>;
}

const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
const seconds = (ms: number): string => (ms / 1000).toFixed(2);

async function measureSeries(
  series: Series,
  contenders: readonly Contender[],
  folder: string,
): Promise<readonly Point[]> {
  const points: Point[] = [];
  // A page that has to be taken from what was cached before costs more than a free one, so the largest sizes would pay for the others.
  attempt(["sh", "-c", "sync && echo 3 >/proc/sys/vm/drop_caches"]);
  for (const size of series.sizes) {
    const context = join(folder, "context");
    mkdirSync(context);
    series.write(context, size);
    const results = new Map<string, Measurement>();
    for (const contender of contenders) {
      series.refresh?.(context);
      const command = contender.build?.(context, { cache: false });
      if (command === undefined) continue;
      // What the one before left unwritten is not this one's to write.
      attempt(["sync"]);
      const result = await measure(command);
      results.set(contender.name, result);
      say(`${size} ${series.name}: ${contender.name} ${seconds(result.ms)} s`);
    }
    rmSync(context, { recursive: true });
    points.push({ size, results });
  }
  return points;
}

/** Markdown: what each size costs, and what one more costs beside the size before. */
function tableOf({ unit }: Series, points: readonly Point[], contenders: readonly Contender[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const head = [unit, ...contenders.flatMap(({ name }) => [name, "for each more"]), "peak of slipway"];
  const rows = points.map(({ size, results }, i) => {
    const before = points[i - 1];
    const cells = contenders.flatMap(({ name }) => {
      const [ms = Number.NaN, former] = [results.get(name)?.ms, before?.results.get(name)?.ms];
      const slope =
        before === undefined || former === undefined ? undefined : (ms - former) / (size - before.size);
      return [`${seconds(ms)} s`, slope === undefined ? "" : `${slope.toPrecision(3)} ms`];
    });
    const peak = results.get("slipway")?.peakBytes ?? 0;
    return [size.toLocaleString("en-US"), ...cells, `${Math.round(peak / MIB)} MiB`];
  });
  return [head, head.map(() => "---:"), ...rows].map(line).join("\n");
}

const plotOf = ({ name, unit }: Series, points: readonly Point[], contenders: readonly Contender[]): string =>
  drawPlot({
    title: `A build without cache, by ${name}`,
    x: unit,
    y: "seconds",
    lines: contenders.map((contender) => ({
      name: contender.name,
      points: points.map(({ size, results }) => [size, (results.get(contender.name)?.ms ?? 0) / 1000]),
    })),
  });

const { values: options } = parseArgs({
  options: { page: { type: "string" }, series: { type: "string", multiple: true, default: [] } },
});

function selectSeries(): readonly Series[] {
  const unknown = options.series.find((name) => !SERIES.some((series) => series.name === name));
  if (unknown !== undefined)
    throw new Error(`unknown series ${unknown}: expected ${SERIES.map(({ name }) => name).join(", ")}`);
  return options.series.length === 0 ? SERIES : SERIES.filter(({ name }) => options.series.includes(name));
}

function selectContenders(folder: string): readonly Contender[] {
  const all = [slipway(join(folder, "slipway"), undefined), docker(undefined, true, undefined)];
  return all.filter((contender) => {
    const why = contender.missing();
    if (why !== undefined) say(`${contender.name} takes no part: ${why}`);
    return why === undefined;
  });
}

const heading = (): readonly string[] => [
  "# Growth",
  "Made by `npm run bench:growth -- --page docs`: builds without cache of contexts that grow, one round, in turn, on a base image of Debian, each table from an empty page cache. The peak is the memory of the largest process.",
  `${describeMachine(thisMachine())}, ${new Date().toISOString().slice(0, 10)}.`,
];

async function main(): Promise<void> {
  const wanted = selectSeries();
  const page = options.page === undefined ? undefined : resolve(options.page);
  const base = await baseImage("debian:bookworm");
  const folder = mkdtempSync("/var/tmp/slipway-growth-");
  const contenders = selectContenders(folder);
  try {
    for (const each of contenders) each.prepare({ tar: base.tar, archive: join(folder, "base.tar") });
    const blocks = [...heading()];
    for (const series of wanted) {
      const points = await measureSeries(series, contenders, folder);
      blocks.push(`## By ${series.name}`, tableOf(series, points, contenders));
      if (page === undefined) continue;
      const plot = `growth-${series.name}.svg`;
      blocks.push(`![What builds cost by ${series.name}](${plot})`);
      writeFileSync(join(page, plot), plotOf(series, points, contenders));
    }
    const text = `${blocks.join("\n\n")}\n`;
    if (page === undefined) process.stdout.write(text);
    else writeFileSync(join(page, "growth.md"), text);
  } finally {
    for (const contender of contenders) contender.cleanUp();
    rmSync(folder, { recursive: true, force: true });
  }
}

await main();
