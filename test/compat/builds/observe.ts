import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { BuildCase } from "./cases.ts";
import { makeContext } from "./context.ts";
import { type ImageTree, readTree, treeChanges } from "./tree.ts";

/** A command line client: docker's, or ours, which takes the same words. */
export interface Client {
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}
export interface Observation {
  readonly config: Readonly<Record<string, unknown>>;
  readonly changes: ImageTree;
}

const run = promisify(execFile);

export async function call(client: Client, args: readonly string[]): Promise<string> {
  const [program, ...first] = client.command;
  const { stdout } = await run(program, [...first, ...args], {
    env: { ...process.env, ...client.env },
    maxBuffer: 1 << 26,
  });
  return stdout.trim();
}

/** Builds the case and reads what came out: the config, and the tree against that of busybox. */
export async function observe(client: Client, build: BuildCase): Promise<Observation> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-case-"));
  const tag = `compare-${build.name}:test`;
  try {
    makeContext(folder, build.context ?? {});
    const dockerfile = `${folder}.Dockerfile`;
    writeFileSync(dockerfile, build.dockerfile);
    const args = Object.entries(build.buildArgs ?? {}).flatMap(([name, value]) => [
      "--build-arg",
      `${name}=${value}`,
    ]);
    const target = build.target === undefined ? [] : ["--target", build.target];
    await call(client, [
      "build",
      "--no-cache",
      "-q",
      "-t",
      tag,
      "-f",
      dockerfile,
      ...args,
      ...target,
      folder,
    ]);
    rmSync(dockerfile);
    const tree = await exportTree(client, tag);
    const base =
      build.dockerfile.includes("busybox") && !/^FROM (scratch)/m.test(lastStage(build))
        ? await exportTree(client, "busybox")
        : {};
    return { config: await imageConfig(client, tag), changes: treeChanges(base, tree) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await call(client, ["rmi", "-f", tag]).catch(() => undefined);
  }
}

const lastStage = (build: BuildCase): string => {
  const stages = build.dockerfile.split(/^(?=FROM )/m);
  const wanted =
    build.target === undefined
      ? undefined
      : stages.find((stage) => stage.split("\n")[0]?.endsWith(` AS ${build.target}`));
  return wanted ?? stages.at(-1) ?? "";
};

async function exportTree(client: Client, image: string): Promise<ImageTree> {
  const id = await call(client, ["create", image, "true"]);
  const [program, ...first] = client.command;
  const child = spawn(program, [...first, "export", id], {
    env: { ...process.env, ...client.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    return await readTree(child.stdout);
  } finally {
    await call(client, ["rm", "-f", id]);
  }
}

/** Fields of a config both engines must agree on; empty ones mean the same as absent ones. */
const FIELDS = [
  "User",
  "ExposedPorts",
  "Env",
  "Entrypoint",
  "Cmd",
  "Volumes",
  "WorkingDir",
  "Labels",
  "OnBuild",
  "StopSignal",
  "Healthcheck",
  "Shell",
] as const;

async function imageConfig(client: Client, image: string): Promise<Record<string, unknown>> {
  const [document] = JSON.parse(await call(client, ["inspect", "--type=image", image])) as [
    { Config: Record<string, unknown>; Author?: string; Architecture: string },
  ];
  const config = Object.fromEntries(
    FIELDS.map((field) => [field, document.Config[field]]).filter(([, value]) => !isEmpty(value)),
  );
  return {
    ...config,
    ...(document.Author ? { Author: document.Author } : {}),
    Architecture: document.Architecture,
  };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0);
