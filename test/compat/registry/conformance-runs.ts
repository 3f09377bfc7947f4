import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Generation, Program } from "./conformance-programs.ts";

/** One way to test: a program, its settings, and whether the server must take manifests whose blobs it does not have. */
export interface Run {
  readonly title: string;
  readonly generation: Generation;
  readonly environment: (registry: string, results: string) => Readonly<Record<string, string>>;
  readonly sparse: boolean;
}

const newest = (registry: string, results: string) => ({
  OCI_REGISTRY: registry,
  OCI_TLS: "disabled",
  OCI_RESULTS_DIR: results,
});

export const RUNS: readonly Run[] = [
  { title: "newest, its defaults", generation: "newest", environment: newest, sparse: false },
  {
    title: "newest, every option on",
    generation: "newest",
    sparse: true,
    environment: (registry, results) => ({
      ...newest(registry, results),
      OCI_VERSION: "dev",
      OCI_API_BLOBS_DIGEST_HEADER: "true",
      OCI_API_BLOBS_UPLOAD_CANCEL: "true",
      OCI_API_MANIFESTS_DIGEST_HEADER: "true",
      OCI_API_MANIFESTS_TAG_PARAM: "true",
      OCI_DATA_SPARSE: "true",
    }),
  },
  {
    title: "1.1.1, all four workflows",
    generation: "released",
    sparse: false,
    environment: (registry, results) => ({
      OCI_ROOT_URL: `http://${registry}`,
      OCI_NAMESPACE: "conformance/released",
      OCI_CROSSMOUNT_NAMESPACE: "conformance/other",
      OCI_AUTOMATIC_CROSSMOUNT: "1",
      OCI_TEST_PULL: "1",
      OCI_TEST_PUSH: "1",
      OCI_TEST_CONTENT_DISCOVERY: "1",
      OCI_TEST_CONTENT_MANAGEMENT: "1",
      OCI_REPORT_DIR: results,
    }),
  },
];

export interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  /** Those that did not pass, by name. */
  readonly failed: readonly string[];
}

/** Runs a program against a registry. Throws when it leaves no results, whatever it says about its end. */
export async function runProgram(
  run: Run,
  program: Program,
  registry: string,
  folder: string,
): Promise<Counts> {
  const results = join(folder, run.title.replace(/[^a-z0-9.]+/g, "-"));
  mkdirSync(results, { recursive: true });
  const output = createWriteStream(join(results, "output.txt"));
  await once(output, "open");
  const child = spawn(program.path, {
    cwd: results,
    stdio: ["ignore", output, output],
    env: { PATH: process.env["PATH"] ?? "", HOME: results, ...run.environment(registry, results) },
  });
  const [status] = (await once(child, "exit")) as [number | null];
  const report = join(results, "junit.xml");
  if (!existsSync(report))
    throw new Error(
      `${run.title}: no results, status ${status}\n${readFileSync(join(results, "output.txt"), "utf8")}`,
    );
  const counts = readCounts(readFileSync(report, "utf8"));
  if (counts.tests === 0) throw new Error(`${run.title}: the results are empty`);
  if (status !== 0 && counts.failures + counts.errors === 0)
    throw new Error(`${run.title}: ended with ${status} but reports no failure`);
  return counts;
}

/** Both programs write JUnit reports; the sums stand at the suite. */
function readCounts(xml: string): Counts {
  const [suite = ""] = /<testsuite [^>]*>/.exec(xml) ?? [];
  const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  const failed = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<(?:failure|error)/g)].map(
    ([, name = ""]) => name,
  );
  // The released program lists the making of its report too.
  const others = xml.includes('<testcase name="html custom reporter"') ? 1 : 0;
  return {
    tests: count("tests") - others,
    failures: count("failures"),
    errors: count("errors"),
    skipped: count("skipped"),
    failed,
  };
}
