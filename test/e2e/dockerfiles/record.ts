// Records what the real Docker Engine makes of the cases: DOCKER_HOST=… node --import tsx test/e2e/dockerfiles/record.ts
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findBaseImage } from "../../../fixtures/base-images.ts";
import { Scratch } from "../../support/scratch.ts";
import { BASE, BASE_CHANGES, CASES } from "./cases.ts";
import { writeContext } from "./context.ts";
import { changesOf, commandsOf, givenFields, type Observed, readTree } from "./observe.ts";

const docker = (argv: readonly string[], input?: Buffer): string =>
  execFileSync("docker", argv, {
    encoding: "utf8",
    stdio: ["pipe", "pipe", "inherit"],
    ...(input === undefined ? {} : { input }),
  }).replace(/\n$/, "");

async function exportTree(image: string): Promise<Record<string, string>> {
  const container = docker(["create", image, "x"]);
  try {
    return await readTree(
      spawn("docker", ["export", container], { stdio: ["ignore", "pipe", "inherit"] }).stdout,
    );
  } finally {
    docker(["rm", container]);
  }
}

using scratch = new Scratch();
const base = findBaseImage("busybox:latest");
if (base === undefined)
  throw new Error("make the base images first: node --import tsx fixtures/base-images.ts");
docker(["import", ...BASE_CHANGES.flatMap((change) => ["-c", change]), "-", BASE], readFileSync(base.tar));
const baseTree = await exportTree(BASE);
const recorded: Record<string, Observed> = {};
for (const { name, dockerfile, files, flags = [] } of CASES) {
  const folder = scratch.join(name);
  writeContext(folder, dockerfile, files);
  const tag = `dockerfiles-${name}:1`;
  docker(["buildx", "build", "-q", "--no-cache", "--provenance=false", ...flags, "-t", tag, folder]);
  recorded[name] = {
    config: givenFields(docker(["image", "inspect", "-f", "{{json .Config}}", tag])),
    history: commandsOf(docker(["history", "--no-trunc", "--format", "json", tag])),
    tree: changesOf(await exportTree(tag), baseTree),
  };
  docker(["rmi", tag]);
}
docker(["rmi", BASE]);
const path = fileURLToPath(new URL("recorded/docker-28.json", import.meta.url));
writeFileSync(path, `${JSON.stringify(recorded, undefined, 1)}\n`);
