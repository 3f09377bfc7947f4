import { createReadStream, fstatSync } from "node:fs";
import { posix } from "node:path";
import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import type { Contents } from "../../image/attestations/spdx.ts";
import { parseApkInstalled, parseDpkgStatus } from "../../image/packages/databases.ts";
import { parseOsRelease } from "../../image/packages/os-release.ts";
import type { InstalledPackage } from "../../image/packages/package.ts";
import type { Tree } from "../../store/types.ts";

/** Several times what the largest distributions' images have. */
const FILE_LIMIT = 32 << 20;
const PACKAGE_LIMIT = 50_000;

type Parser = (text: string) => readonly InstalledPackage[];

const FILES: readonly (readonly [path: string, parse: Parser])[] = [
  ["/var/lib/dpkg/status", parseDpkgStatus],
  ["/lib/apk/db/installed", parseApkInstalled],
  ["/usr/lib/apk/db/installed", parseApkInstalled],
];
/** Images without dpkg itself have a file for each package. */
const FOLDER = "/var/lib/dpkg/status.d";
const RPM = [
  "/var/lib/rpm/rpmdb.sqlite",
  "/var/lib/rpm/Packages",
  "/var/lib/rpm/Packages.db",
  "/usr/lib/sysimage/rpm/rpmdb.sqlite",
  "/usr/lib/sysimage/rpm/Packages.db",
];

/**
 * What the package databases of a root filesystem list. The tree is not trusted: links stay inside, only regular files are opened, and there are
 * limits. Rejects with FILE_UNSUITABLE for what is beyond them.
 */
export async function scanPackages(
  tree: Tree | undefined,
  signal: AbortSignal,
): Promise<Pick<Contents, "system" | "packages" | "notes">> {
  if (tree === undefined) return { system: {}, packages: [], notes: [] };
  const packages: InstalledPackage[] = [];
  const seen = new Set<string>();
  for (const [path, parse] of [...FILES, ...(await filesOfFolder(tree))]) {
    signal.throwIfAborted();
    const real = realPath(tree, path);
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    packages.push(...parse(await readFile(tree, path)));
    if (packages.length > PACKAGE_LIMIT)
      throw new Failure("FILE_UNSUITABLE", { path, want: `at most ${PACKAGE_LIMIT} packages in an image` });
  }
  const system = parseOsRelease(
    tree.readText("/etc/os-release") ?? tree.readText("/usr/lib/os-release") ?? "",
  );
  const rpm = RPM.find((path) => realPath(tree, path) !== undefined);
  const notes =
    rpm === undefined ? [] : [`The packages of ${rpm} are not listed: RPM's databases are not read.`];
  return { system, packages, notes };
}

async function filesOfFolder(tree: Tree): Promise<typeof FILES> {
  if (realPath(tree, FOLDER) === undefined) return [];
  const found = await tree.scan(FOLDER);
  return found
    .filter(({ path, stat }) => stat.type === "file" && !path.endsWith(".md5sums"))
    .map(({ path }) => [posix.join(FOLDER, path), parseDpkgStatus]);
}

/** Where it is after all links, which stay inside; undefined for what is not there. */
function realPath(tree: Tree, path: string): string | undefined {
  const real = tree.resolve(path);
  return tree.stat(real) === undefined ? undefined : real;
}

async function readFile(tree: Tree, path: string): Promise<string> {
  const fd = tree.openFile(path);
  const stream = createReadStream("", { fd });
  if (fstatSync(fd).size > FILE_LIMIT) {
    stream.destroy();
    throw new Failure("FILE_UNSUITABLE", { path, want: `a database of at most ${FILE_LIMIT} bytes` });
  }
  return (await readAll(stream as AsyncIterable<Uint8Array>, FILE_LIMIT)).toString("utf8");
}
