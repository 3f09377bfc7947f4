// Records what the real Docker Engine makes of the cases: DOCKER_HOST=… node --import tsx test/e2e/dockerfiles/record.ts [NAME...]
// With names only those are built; what is recorded of the others stays.
import { execFile, spawn } from "node:child_process";
import { createReadStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { findBaseImage } from "../../../fixtures/base-images.ts";
import { Scratch } from "../../support/scratch.ts";
import { BASE, BASE_CHANGES, type Case } from "./case.ts";
import { CASES } from "./cases.ts";
import { changesOf, commandsOf, givenFields, type Observed, readTree, tarOf } from "./observe.ts";
import { place, SECRET, unplaced } from "./placed.ts";
import { Web } from "./web.ts";

const RECORDED = fileURLToPath(new URL("recorded/docker-28.json", import.meta.url));

async function docker(...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)("docker", argv, { env: { ...process.env, ...SECRET } });
  return unplaced(stdout.replace(/\n$/, ""), web);
}

async function exportTree(image: string): Promise<Record<string, string>> {
  const container = await docker("create", image, "x");
  try {
    return await readTree(
      spawn("docker", ["export", container], { stdio: ["ignore", "pipe", "inherit"] }).stdout,
    );
  } finally {
    await docker("rm", container);
  }
}

async function observeImage(tag: string, build: readonly string[]): Promise<Observed> {
  await docker(...build, "-t", tag);
  try {
    return {
      config: givenFields(await docker("image", "inspect", "-f", "{{json .Config}}", tag)),
      history: commandsOf(await docker("history", "--no-trunc", "--format", "json", tag)),
      tree: changesOf(await exportTree(tag), baseTree),
    };
  } finally {
    await docker("rmi", tag);
  }
}

async function observeFiles(
  output: "tar" | "local",
  path: string,
  build: readonly string[],
): Promise<Observed> {
  await docker(...build, "-o", `type=${output},dest=${path}`);
  const tree = await readTree(output === "tar" ? createReadStream(path) : tarOf(path));
  return { tree: changesOf(tree, baseTree) };
}

async function observe(one: Case): Promise<Observed> {
  const folder = scratch.join(one.name);
  const flags = place(one, folder, web);
  const build = ["buildx", "build", "-q", "--no-cache", "--provenance=false", ...flags, folder];
  if (one.output !== undefined) return observeFiles(one.output, `${folder}.out`, build);
  return observeImage(`dockerfiles-${one.name}:1`, build);
}

using scratch = new Scratch();
await using web = await Web.open(scratch.join("web"));
const base = findBaseImage("busybox:latest");
if (base === undefined)
  throw new Error("make the base images first: node --import tsx fixtures/base-images.ts");
await docker("import", ...BASE_CHANGES.flatMap((change) => ["-c", change]), base.tar, BASE);
const baseTree = await exportTree(BASE);
const names = process.argv.slice(2);
const former = existsSync(RECORDED) ? (JSON.parse(readFileSync(RECORDED, "utf8")) as object) : {};
const recorded: Record<string, Observed> = names.length === 0 ? {} : { ...former };
for (const one of CASES) {
  if (names.length > 0 && !names.includes(one.name)) continue;
  try {
    recorded[one.name] = await observe(one);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${one.name}: ${String((error as { stderr?: string }).stderr ?? error)}`);
  }
}
await docker("rmi", BASE);
writeFileSync(RECORDED, `${JSON.stringify(recorded, undefined, 1)}\n`);
