import { spawnSync } from "node:child_process";
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
} from "node:fs";
import { release, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Context } from "mocha";
import { type BaseImageName, type BaseImageTar, findBaseImage } from "../../fixtures/base-images.ts";

// A test that needs something of its machine says so in its first line: `requiresRoot(this)`. Where it is missing the test is reported
// as skipped with the reason after its title, never as passed.

export function skip(test: Context, reason: string): never {
  const current = test.test ?? test.currentTest;
  if (current !== undefined) current.title += ` (skipped: ${reason})`;
  test.skip();
}

const once = <T>(probe: () => T): (() => T) => {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: probe() };
    return found.value;
  };
};

export function requiresRoot(test: Context): void {
  if (process.getuid?.() !== 0) skip(test, "needs root");
}

export function findCommand(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).concat("/usr/sbin", "/sbin");
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Returns the command's path. */
export function requiresCommand(test: Context, name: string): string {
  return findCommand(name) ?? skip(test, `needs the command ${name}`);
}

/** A Python that has this package: python3, or what PYTHON names. */
export function requiresPython(test: Context, module: string): string {
  const python = process.env["PYTHON"] ?? "python3";
  const { status } = spawnSync(python, ["-c", `import ${module}`], { stdio: "ignore" });
  return status === 0 ? python : skip(test, `needs ${python} with the package ${module}`);
}

const overlayWorks = once(() => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-overlay-"));
  try {
    for (const name of ["lower", "upper", "work", "merged"]) mkdirSync(join(folder, name));
    const options = `lowerdir=${folder}/lower,upperdir=${folder}/upper,workdir=${folder}/work`;
    // In a mount namespace of its own: it ends with the process.
    const mount = ["mount", "-t", "overlay", "overlay", "-o", options, join(folder, "merged")];
    return spawnSync("unshare", ["--mount", ...mount], { stdio: "ignore" }).status === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Root, and an overlay whose layers are below the temporary folder. */
export function requiresOverlay(test: Context): void {
  requiresRoot(test);
  if (!overlayWorks()) skip(test, "needs overlayfs on the temporary folder");
}

const TMPFS_MAGIC = 0x01021994;

const hasErofs = once(() => {
  const [major = 0, minor = 0] = release().split(".").map(Number.parseFloat);
  const known = readFileSync("/proc/filesystems", "utf8").split("\n");
  return known.includes("\terofs") && (major > 6 || (major === 6 && minor >= 12));
});

/** requiresOverlay, and a kernel that mounts EROFS from files. */
export function requiresErofs(test: Context): void {
  requiresOverlay(test);
  if (!hasErofs()) skip(test, "needs Linux 6.12 with EROFS");
  // statfs(2). The kernel does not read EROFS out of files that are in memory only.
  if (statfsSync(tmpdir()).type === TMPFS_MAGIC) skip(test, "needs the temporary folder on a disk");
}

/** A checker that knows blocks smaller than a page. Returns its path. */
export function requiresErofsFsck(test: Context): string {
  const fsck = requiresCommand(test, "fsck.erofs");
  const { stdout, stderr } = spawnSync(fsck, ["-V"], { encoding: "utf8" });
  const [major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(stdout + stderr) ?? []).slice(1).map(Number);
  return major > 1 || minor >= 6 ? fsck : skip(test, "needs fsck.erofs of erofs-utils 1.6");
}

/** The images are made by `npm test`, or by fixtures/base-images.ts. */
export function requiresBaseImage(test: Context, name: BaseImageName): BaseImageTar {
  return findBaseImage(name) ?? skip(test, `needs the base image ${name}: run fixtures/base-images.ts`);
}

const peerAnswers = once(() => {
  const docker = findCommand("docker");
  if (docker === undefined || process.env["DOCKER_HOST"] === undefined) return false;
  return spawnSync(docker, ["version"], { stdio: "ignore", timeout: 10_000 }).status === 0;
});

/** A real Docker Engine to compare with: the docker client, and DOCKER_HOST naming the engine. Returns the client's path. */
export function requiresPeer(test: Context): string {
  if (!peerAnswers()) skip(test, "needs the docker client and an engine at DOCKER_HOST");
  return findCommand("docker") ?? "docker";
}

/** An engine whose overlay2 directories are on this machine. */
export function requiresPeerFiles(test: Context, docker: string): void {
  const format = "{{.Driver}} {{.DockerRootDir}}";
  const { stdout } = spawnSync(docker, ["info", "-f", format], { encoding: "utf8" });
  const [driver, root = ""] = stdout.trim().split(" ");
  if (driver !== "overlay2" || !existsSync(root)) skip(test, "needs an engine of this machine with overlay2");
}

const buildxAnswers = once(
  () => spawnSync(findCommand("docker") ?? "docker", ["buildx", "version"], { stdio: "ignore" }).status === 0,
);

/** A real Docker Engine that builds with BuildKit. Returns the client's path. */
export function requiresBuildKit(test: Context): string {
  const docker = requiresPeer(test);
  if (!buildxAnswers()) skip(test, "needs docker's buildx plugin");
  return docker;
}

export function requiresNativeCore(test: Context): void {
  const built = new URL("../../build/Release/kernel.node", import.meta.url);
  if (!existsSync(built)) skip(test, "needs the native core: npm run build");
}
