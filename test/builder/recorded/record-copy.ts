// Records what BuildKit makes of test/builder/copy/cases.ts: DOCKER_HOST=… node --import tsx test/builder/recorded/record-copy.ts
import { execFileSync, spawnSync } from "node:child_process";
import { createReadStream, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Scratch } from "../../support/scratch.ts";
import { CASES } from "../copy/cases.ts";
import { makeContext, TIME } from "../copy/make-context.ts";
import { type FileTree, treeOf } from "../support/file-tree.ts";

const recorded: Record<string, FileTree | { readonly error: string }> = {};
for (const each of CASES) {
  using scratch = new Scratch();
  execFileSync("mkdir", [scratch.join("context")]);
  await makeContext(scratch.join("context"), each);
  const tar = scratch.join("out.tar");
  const args = ["build", "--progress=plain", "--no-cache", "-o", `type=tar,dest=${tar}`, scratch.join("context")];
  const { status, stderr } = spawnSync("docker", args, { encoding: "utf8" });
  if (stderr.includes("Cannot connect")) throw new Error(stderr);
  recorded[each.title] = status === 0 ? await treeOf([createReadStream(tar)], TIME) : { error: lastError(stderr) };
  console.log(each.title, status === 0 ? "" : stderr);
}
const file = fileURLToPath(new URL("copy.json", import.meta.url));
writeFileSync(file, `${JSON.stringify(recorded, undefined, 1)}\n`);

function lastError(text: string): string {
  return text.split("\n").findLast((line) => line.startsWith("ERROR")) ?? "";
}
