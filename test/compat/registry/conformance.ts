// npm run conformance:registry: builds the conformance programs of the OCI distribution-spec with Go and runs them against a fresh registry.
// DISTRIBUTION_SPEC: a clone of github.com/opencontainers/distribution-spec; without it the Go module proxy is asked.
// SLIPWAY_PEER_REGISTRY: "host:port" of another registry, which is asked the same and stands beside in the table.
// UPDATE=1 rewrites docs/registry-conformance.md. Ends with 1 at any failure, with 2 when it could not run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadKernel } from "../../../native/binding.ts";
import { RegistryServer } from "../../../registry/server/registry-server.ts";
import { openEmbedded } from "../../../registry/storage/embedded.ts";
import { openFilesystem } from "../../../registry/storage/filesystem.ts";
import { openStore } from "../../../store/open-store.ts";
import { buildProgram, GENERATIONS, type Generation, type Program } from "./conformance-programs.ts";
import { type Counts, RUNS, type Run, runProgram } from "./conformance-runs.ts";

const DRIVERS = ["embedded", "filesystem"] as const;
type Driver = (typeof DRIVERS)[number];
/** The registry the peer is taken for in the table. */
const PEER = process.env["SLIPWAY_PEER_NAME"] ?? "docker-registry";
interface Outcome {
  readonly run: Run;
  /** Whose answers are counted. */
  readonly registry: string;
  readonly counts: Counts;
}
interface Place {
  readonly folder: string;
  readonly programs: Readonly<Record<Generation, Program>>;
}

/** A registry nobody used before, for one run. */
async function onFreshRegistry<T>(
  { driver, sparse, folder }: { readonly driver: Driver; readonly sparse: boolean; readonly folder: string },
  work: (registry: string) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(folder, "root-"));
  await using store = await openStore(join(root, "store"), { kernel: loadKernel() });
  await using storage = driver === "embedded" ? openEmbedded(store) : openFilesystem(join(root, "registry"));
  const report = (line: string) => process.stderr.write(`registry: ${line}\n`);
  await using server = new RegistryServer({ storage, sparse, report });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  return await work(`127.0.0.1:${port}`);
}

const line = ({ run, registry, counts }: Outcome): string =>
  `| ${run.title} | ${registry} | ${counts.tests} | ${counts.tests - counts.failures - counts.errors - counts.skipped} | ${counts.failures + counts.errors} | ${counts.skipped} |`;

function page(outcomes: readonly Outcome[], programs: Readonly<Record<string, Program>>): string {
  const sources = Object.entries(GENERATIONS).map(
    ([name, { title }]) => `- ${title}: ${programs[name]?.from ?? ""}`,
  );
  return `# Registry conformance

What the conformance programs of the OCI distribution-spec say about \`slipway registry serve\`: the newest program of the
repository and the released one. Written by \`UPDATE=1 npm run conformance:registry\`; see CONTRIBUTING.md for what that needs.

Built from [distribution-spec](https://github.com/opencontainers/distribution-spec), commits:

${sources.join("\n")}

| program | registry | tests | passed | failed | skipped |
| --- | --- | ---: | ---: | ---: | ---: |
${outcomes.map(line).join("\n")}

"Every option on" adds cancelling uploads, tags as parameters of a manifest, digest headers required, and sparse manifests. For the last one the
server runs with \`--sparse\`: it then takes image manifests before their blobs, which it refuses otherwise.

Skipped by the newest program: the range \`500-0\`, which a server may ignore. Skipped by the released one: alternatives to what the registry supports.
`;
}

/** What another registry does not pass is no failure of ours. */
async function runAll({ folder, programs }: Place): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const add = (outcome: Outcome): void => {
    outcomes.push(outcome);
    process.stdout.write(`${line(outcome)}\n`);
    for (const name of outcome.counts.failed) process.stdout.write(`  failed: ${name}\n`);
  };
  const peer = process.env["SLIPWAY_PEER_REGISTRY"];
  for (const run of RUNS) {
    const on = (registry: string, name: string) =>
      runProgram(run, programs[run.generation], registry, join(folder, name));
    for (const driver of DRIVERS) {
      const counts = await onFreshRegistry({ driver, sparse: run.sparse, folder }, (registry) =>
        on(registry, driver),
      );
      add({ run, registry: driver, counts });
    }
    if (peer !== undefined) add({ run, registry: PEER, counts: await on(peer, "peer") });
  }
  return outcomes;
}

async function main(): Promise<number> {
  if (spawnSync("go", ["version"]).status !== 0) {
    process.stderr.write("conformance:registry needs Go 1.24 or newer in PATH\n");
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "slipway-conformance-"));
  try {
    const repository = process.env["DISTRIBUTION_SPEC"];
    const programs = {
      newest: buildProgram("newest", folder, repository),
      released: buildProgram("released", folder, repository),
    };
    const outcomes = await runAll({ folder, programs });
    const ours = outcomes.filter(({ registry }) => registry !== PEER);
    if (process.env["UPDATE"] === "1")
      writeFileSync(
        new URL("../../../docs/registry-conformance.md", import.meta.url),
        page(outcomes, programs),
      );
    return ours.every(({ counts }) => counts.failures + counts.errors === 0) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
