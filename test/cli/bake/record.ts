// Records what docker buildx prints for the cases: node --import tsx test/cli/bake/record.ts
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { Scratch } from "../../support/scratch.ts";
import { CASES } from "./cases.ts";
import { writeFiles } from "./files.ts";

const recorded: Record<string, unknown> = {};
for (const { name, files, args = [], env = {} } of CASES) {
  using scratch = new Scratch();
  writeFiles(scratch.path, files);
  // buildx looks whether there is an agent, and asks it nothing.
  const agent = createServer().listen(scratch.join("agent"));
  await once(agent, "listening");
  const run = spawnSync("docker", ["buildx", "bake", "--print", ...args], {
    cwd: scratch.path,
    env: { ...process.env, ...env, BUILDX_GIT_INFO: "0", SSH_AUTH_SOCK: scratch.join("agent") },
    encoding: "utf8",
  });
  agent.close();
  if (run.status === 0) recorded[name] = JSON.parse(run.stdout);
  else {
    console.error(`${name}: ${run.stderr}`);
    process.exitCode = 1;
  }
}
writeFileSync(
  fileURLToPath(new URL("recorded/buildx-0.29.json", import.meta.url)),
  `${JSON.stringify(recorded, undefined, 1)}\n`,
);
