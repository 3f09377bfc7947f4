import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { after, before, describe, it } from "mocha";
import { requiresCommand, requiresPython } from "../support/requires.ts";
import { DaemonRig } from "./support/daemon-rig.ts";

const FLOWS = fileURLToPath(new URL("docker-py/flows.py", import.meta.url));
const TITLES: Readonly<Record<string, string>> = {
  containers: "follows a container from its creation to its removal",
  options: "passes options on, and hears of one that is not supported",
  executes: "executes in a container, with terminal, input and both outputs apart",
  attaches: "attaches, reads logs and copies files",
  images: "tags, saves, loads, commits and removes images",
  builds: "builds, and hears of a failing step",
  networks: "makes a network and connects containers to it",
  volumes: "makes volumes and uses them",
  events: "hears of what happens",
  facts: "asks what it talks to",
};

describe("docker-py", () => {
  let daemon: DaemonRig;
  let python: string;
  before(async function () {
    python = requiresPython(this, "docker");
    requiresCommand(this, "nft");
    daemon = await DaemonRig.open(this);
  });
  after(() => daemon?.[Symbol.asyncDispose]());

  for (const [flow, title] of Object.entries(TITLES))
    it(title, async () => {
      const env = { PATH: process.env["PATH"], DOCKER_HOST: `unix://${daemon.socket}` };
      const failure = await new Promise<string | undefined>((resolve) =>
        execFile(python, [FLOWS, flow], { env }, (error, _out, err) =>
          resolve(error === null ? undefined : err),
        ),
      );
      if (failure !== undefined) throw new Error(failure);
    });
});
