import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** Programs that test a registry, by what their reports are called. */
export const GENERATIONS = {
  newest: {
    title: "newest",
    /** In the repository of the specification, and for the Go module proxy. */
    revision: "HEAD",
    version: "main",
    build: ["build", "-buildvcs=false"],
  },
  released: {
    title: "1.1.1",
    revision: "v1.1.1",
    version: "a139cc423184af6078077b9b7ee336eddbd03f8f",
    build: ["test", "-c"],
  },
} as const;
export type Generation = keyof typeof GENERATIONS;

const MODULE = "github.com/opencontainers/distribution-spec/conformance";

/** What was built, and from which commit. */
export interface Program {
  readonly path: string;
  readonly from: string;
}

/**
 * Builds a program below `folder`, from the git repository `repository` (a checkout or a git directory) or, without one, from the Go module proxy.
 * Throws what is missing.
 */
export function buildProgram(
  generation: Generation,
  folder: string,
  repository: string | undefined,
): Program {
  const { build } = GENERATIONS[generation];
  const source = join(folder, generation);
  mkdirSync(source, { recursive: true });
  const from =
    repository === undefined ? fromProxy(generation, source) : fromGit(generation, source, repository);
  const path = join(folder, `conformance-${generation}`);
  execFileSync("go", [...build, "-o", path, "."], { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
  return { path, from };
}

function fromGit(generation: Generation, source: string, repository: string): string {
  const { revision } = GENERATIONS[generation];
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", repository, ...args], { maxBuffer: 64 << 20 });
  const tar = git("archive", `${revision}:conformance`);
  execFileSync("tar", ["-x", "-C", source], { input: tar });
  return git("log", "-1", "--format=%H of %cs", revision).toString().trim();
}

function fromProxy(generation: Generation, source: string): string {
  const { version } = GENERATIONS[generation];
  let found: { readonly Dir?: string; readonly Version?: string };
  try {
    found = JSON.parse(
      execFileSync("go", ["mod", "download", "-json", `${MODULE}@${version}`], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }),
    );
  } catch {
    throw new Error(
      `the Go module proxy does not have ${MODULE}@${version}: set DISTRIBUTION_SPEC to a clone of github.com/opencontainers/distribution-spec`,
    );
  }
  const { Dir = "", Version = "" } = found;
  cpSync(Dir, source, { recursive: true });
  execFileSync("chmod", ["-R", "u+w", source]);
  return Version;
}
