// Counts the RUN commands that builds of small projects perform after edits, by Slipway and by the BuildKit of DOCKER_HOST, and prints a table.
//   npm run bench:edits
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { baseImage } from "../fixtures/base-images.ts";
import { BASE, EDITS, type Files, projects } from "./edits/projects.ts";
import { works } from "./process.ts";

interface Builder {
  readonly name: string;
  readonly command: readonly string[];
}

const scratch = mkdtempSync(join(tmpdir(), "slipway-edits-"));
const slipway = [new URL("../bin/slipway", import.meta.url).pathname, "--root", join(scratch, "root")];

function run(argv: readonly string[]): string {
  const [file = "", ...args] = argv;
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${argv.join(" ")}: ${stdout}${stderr}`.slice(0, 2000));
  return `${stdout}${stderr}`;
}

/** The RUN steps of a build that its plain progress does not call cached. */
function performed(progress: string): number {
  const steps = new Set([...progress.matchAll(/^#(\d+) \[[^\]]*\] RUN /gm)].map(([, id]) => id));
  for (const [, id] of progress.matchAll(/^#(\d+) CACHED/gm)) steps.delete(id);
  return steps.size;
}

function write(folder: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** How many commands a builder performs after each edit of a project. */
function countsOf({ command }: Builder, folder: string, files: Files): readonly number[] {
  const build = (now: Files): number => {
    write(folder, now);
    return performed(run([...command, "build", "--progress", "plain", folder]));
  };
  build(files);
  let now = files;
  return Object.values(EDITS).map((edit) => {
    now = edit(now);
    return build(now);
  });
}

async function builders(): Promise<readonly Builder[]> {
  const { tar } = await baseImage("busybox:latest");
  run([...slipway, "import", tar, BASE]);
  const ours = { name: "Slipway", command: slipway };
  if (!works(["docker", "version"])) return [ours];
  run(["docker", "import", tar, BASE]);
  return [ours, { name: "BuildKit", command: ["docker"] }];
}

try {
  const found = await builders();
  const rows = projects(String(Date.now())).map(({ name, files }, i) => ({
    name,
    counts: found.map((builder) => countsOf(builder, join(scratch, `${builder.name}-${i}`), files)),
  }));
  const lines = Object.keys(EDITS).map((edit, i) => {
    const cells = rows.map(({ counts }) => counts.map((list) => list[i]).join(" / "));
    return `| ${edit} | ${cells.join(" | ")} |`;
  });
  const totals = found.map((_, b) =>
    rows.flatMap(({ counts }) => counts[b] ?? []).reduce((a, n) => a + n, 0),
  );
  const header = `| edit | ${rows.map(({ name }) => name).join(" | ")} |\n| --- |${rows.map(() => " ---: |").join("")}`;
  const sum = found.map(({ name }, i) => `${name} ${totals[i]}`).join(", ");
  process.stdout.write(
    `${found.map(({ name }) => name).join(" / ")}\n\n${header}\n${lines.join("\n")}\n\nall: ${sum}\n`,
  );
} finally {
  rmSync(scratch, { recursive: true, force: true });
  if (works(["docker", "version"])) works(["docker", "rmi", "--force", BASE]);
}
