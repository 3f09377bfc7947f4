// Records both directions of an exchange with the real engine: DOCKER_HOST=… node --import tsx test/e2e/exchange/record.ts
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Scratch } from "../../support/scratch.ts";
import { givenFields, readTree } from "../dockerfiles/observe.ts";
import { builtCommand } from "../support/command.ts";
import { ask, OURS, type Recorded, THEIRS, TIME, writeOurContext } from "./image.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const THEIR_DOCKERFILE = `FROM scratch AS first
COPY hello /hello
COPY etc /etc/
FROM first
COPY kept /kept/
ENV PATH=/ THEIRS=yes
ENTRYPOINT ["/hello"]
`;

const docker = async (argv: readonly string[]): Promise<string> =>
  execFileSync("docker", argv, {
    encoding: "utf8",
    maxBuffer: 1 << 26,
    stdio: ["ignore", "pipe", "inherit"],
  }).trim();
const exportTree = (container: string): Promise<Record<string, string>> =>
  readTree(spawn("docker", ["export", container], { stdio: ["ignore", "pipe", "inherit"] }).stdout);

using scratch = new Scratch();
const shell = (script: string): string =>
  execFileSync("sh", ["-ec", script], {
    cwd: scratch.path,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
shell(`mkdir -p theirs/etc theirs/kept ours
  gcc -nostdlib -static -s -Wl,--build-id=none -Wl,-z,noseparate-code -o theirs/hello ${here("hello.s")}
  echo root:x:0:0:root:/:/hello > theirs/etc/passwd
  echo old > theirs/kept/replaced; ln theirs/kept/replaced theirs/kept/second; ln -s replaced theirs/kept/link; mkdir -m 1777 theirs/kept/tmp
  printf tar > member; tar --sort=name --mtime=@${TIME} --owner=5 --group=6 -cf bundle.tar member
  find theirs -exec touch -h -d @${TIME} {} +`);
chmodSync(scratch.join("theirs/hello"), 0o755);
writeFileSync(scratch.join("theirs/Dockerfile"), THEIR_DOCKERFILE);
await docker([
  "buildx",
  "build",
  "-q",
  "--no-cache",
  "--provenance=false",
  "-t",
  THEIRS,
  scratch.join("theirs"),
]);
const archive = execFileSync("docker", ["save", THEIRS], { maxBuffer: 1 << 26 });
writeFileSync(here("saved-by-docker.tar.gz"), gzipSync(archive, { level: 9 }));
writeFileSync(here("bundle.tar"), execFileSync("cat", [scratch.join("bundle.tar")]));
const theirs = await ask(THEIRS, docker, exportTree, givenFields);

const { DOCKER_HOST: _peer, ...env } = process.env;
const slipway = (argv: readonly string[], input?: Buffer): void =>
  void execFileSync(builtCommand(), ["--root", scratch.join("root"), ...argv], {
    env,
    stdio: [input === undefined ? "ignore" : "pipe", "ignore", "inherit"],
    ...(input === undefined ? {} : { input }),
  });
slipway(["load"], archive);
writeOurContext(scratch.join("ours"), execFileSync("cat", [scratch.join("bundle.tar")]));
slipway(["build", "--build-arg", `SOURCE_DATE_EPOCH=${TIME}`, "-t", OURS, scratch.join("ours")]);
slipway(["save", "-o", scratch.join("ours.tar"), OURS]);
await docker(["load", "-i", scratch.join("ours.tar")]);
const ours = await ask(OURS, docker, exportTree, givenFields);
await docker(["rmi", OURS, THEIRS]);
writeFileSync(
  here("docker-28.json"),
  `${JSON.stringify({ theirs, ours } satisfies Recorded, undefined, 1)}\n`,
);
