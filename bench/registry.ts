// Times what a registry serves, Slipway's and a peer's in turn, on the same image, in one run.
//
//   npm run bench:registry -- --registry HOST:PORT [--rounds N] [--seconds N] [--work FOLDER]
//
// BENCH_REGISTRY stands in for --registry: a registry of this machine without TLS. Needs wrk and curl.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formatTable } from "../cli/format/table.ts";
import { TRANSFERRED } from "./contender.ts";
import { OWN_ADDRESS, slipway } from "./contenders/slipway.ts";
import { time } from "./process.ts";
import { describeMachine, thisMachine } from "./report.ts";
import { transfers } from "./rows/transfer.ts";
import { summarize } from "./stats.ts";

const { values: options } = parseArgs({
  options: {
    registry: { type: "string", default: process.env["BENCH_REGISTRY"] ?? "" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    work: { type: "string", default: "/var/tmp" },
  },
});

const [REPOSITORY = "", TAG = ""] = TRANSFERRED.split(":");
const ACCEPT = "Accept: application/vnd.oci.image.manifest.v1+json";

/** What a measured image has: the paths of its parts, and how long its one layer is. */
interface Paths {
  readonly manifest: string;
  readonly config: string;
  readonly layer: string;
}

interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly take: (registry: string, paths: Paths) => number;
}

const MEASURES: readonly Measure[] = [
  { name: "GET manifest by tag", unit: "/s", take: (registry, { manifest }) => rate(registry, manifest) },
  { name: "GET small blob", unit: "/s", take: (registry, { config }) => rate(registry, config) },
  { name: "one large blob, one stream", unit: "GB/s", take: (registry, { layer }) => speed(registry, layer) },
];

function output(file: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${[file, ...args].join(" ")}: ${error?.message ?? stderr.slice(-1500)}`);
  return stdout;
}

/** Requests a second of sixteen connections; throws when one of them was not answered as it should be. */
function rate(registry: string, path: string): number {
  const url = `http://${registry}${path}`;
  const text = output("wrk", "-t1", "-c16", `-d${options.seconds}s`, "-H", ACCEPT, url);
  const failed = /Non-2xx.*|Socket errors.*/.exec(text);
  if (failed !== null) throw new Error(`${url}: ${failed[0]}`);
  return Number(/Requests\/sec:\s*([\d.]+)/.exec(text)?.[1]);
}

/** Gigabytes a second. */
function speed(registry: string, path: string): number {
  const url = `http://${registry}${path}`;
  return Number(output("curl", "-fsSL", "-o", "/dev/null", "-w", "%{speed_download}", url)) / 1e9;
}

function pathsOf(registry: string): Paths {
  const base = `/v2/${REPOSITORY}`;
  const manifest = `${base}/manifests/${TAG}`;
  const { config, layers } = JSON.parse(
    output("curl", "-fsSL", "-H", ACCEPT, `http://${registry}${manifest}`),
  ) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  return {
    manifest,
    config: `${base}/blobs/${config.digest}`,
    layer: `${base}/blobs/${layers[0]?.digest}`,
  };
}

function main(): void {
  if (options.registry === "") throw new Error("name the peer: --registry HOST:PORT, or BENCH_REGISTRY");
  const folder = mkdtempSync(join(options.work, "slipway-bench-"));
  const own = slipway(folder, options.registry);
  const registries = { slipway: OWN_ADDRESS, peer: options.registry };
  try {
    own.serve();
    const context = join(folder, "context");
    mkdirSync(context);
    transfers.find(({ name }) => name === "push big")?.prepare?.(context);
    for (const way of [own.ownRegistry, own.transfer]) {
      if (way === undefined) continue;
      time(way.build(context));
      time(way.push());
    }
    process.stdout.write(`${describeMachine(thisMachine())}\n\n${measureAll(registries)}`);
  } finally {
    own.cleanUp();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The registries take turns in every round. */
function measureAll(registries: Readonly<Record<"slipway" | "peer", string>>): string {
  const paths = { slipway: pathsOf(registries.slipway), peer: pathsOf(registries.peer) };
  const rows = MEASURES.map(({ name, unit, take }) => {
    const samples = { slipway: [] as number[], peer: [] as number[] };
    for (let round = 0; round < Number(options.rounds); round += 1)
      for (const who of ["slipway", "peer"] as const) samples[who].push(take(registries[who], paths[who]));
    const [mine, peers] = [summarize(samples.slipway), summarize(samples.peer)];
    const show = (value: number): string => `${value < 100 ? value.toFixed(2) : value.toFixed(0)} ${unit}`;
    const spread = ({ min, max }: typeof mine): string => `${show(min)} to ${show(max)}`;
    return [
      name,
      show(mine.median),
      spread(mine),
      show(peers.median),
      spread(peers),
      `${(mine.median / peers.median).toFixed(2)}x`,
    ];
  });
  return formatTable({ columns: ["ROW", "SLIPWAY", "SPREAD", "PEER", "SPREAD", "RATIO"], rows });
}

main();
