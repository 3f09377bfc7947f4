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
const TEXT_LIMIT = 32 << 20;
/** RPM's have the names of all files too. */
const RPM_LIMIT = 128 << 20;
const PACKAGE_LIMIT = 50_000;

interface Form {
  /** Bytes of a file. */
  readonly limit: number;
  /** Throws for what cannot be read. */
  readonly parse: (bytes: Buffer) => Promise<readonly InstalledPackage[]>;
}
const text = (parse: (text: string) => readonly InstalledPackage[]): Form => ({
  limit: TEXT_LIMIT,
  parse: async (bytes) => parse(bytes.toString("utf8")),
});
const DPKG = text(parseDpkgStatus);
const APK = text(parseApkInstalled);
const RPM: Form = {
  limit: RPM_LIMIT,
  parse: async (bytes) => {
    const { readRpmDatabase } = await import("../../image/packages/rpm/database.ts");
    return readRpmDatabase(bytes);
  },
};

const RPM_FOLDERS = ["/var/lib/rpm", "/usr/lib/sysimage/rpm", "/usr/share/rpm"];
const RPM_FILES = ["rpmdb.sqlite", "Packages.db", "Packages"];
const FILES: readonly (readonly [path: string, form: Form])[] = [
  ["/var/lib/dpkg/status", DPKG],
  ["/lib/apk/db/installed", APK],
  ["/usr/lib/apk/db/installed", APK],
  ...RPM_FOLDERS.flatMap((folder) => RPM_FILES.map((name) => [`${folder}/${name}`, RPM] as const)),
];
/** Images without dpkg itself have a file for each package. */
const FOLDER = "/var/lib/dpkg/status.d";

/**
 * What the package databases of a root filesystem list. The tree is not trusted: links stay inside, only regular files are opened, and there are
 * limits. Rejects with FILE_UNSUITABLE for what is beyond them or cannot be read.
 */
export async function scanPackages(
  tree: Tree | undefined,
  signal: AbortSignal,
): Promise<Pick<Contents, "system" | "packages" | "notes">> {
  if (tree === undefined) return { system: {}, packages: [], notes: [] };
  const packages: InstalledPackage[] = [];
  const notes: string[] = [];
  const seen = new Set<string>();
  for (const [path, form] of [...FILES, ...(await filesOfFolder(tree))]) {
    signal.throwIfAborted();
    const real = realPath(tree, path);
    if (real === undefined || seen.has(real)) continue;
    seen.add(real);
    packages.push(...(await readPackages(tree, path, form)));
    if (packages.length > PACKAGE_LIMIT)
      throw new Failure("FILE_UNSUITABLE", { path, want: `at most ${PACKAGE_LIMIT} packages in an image` });
    if ((tree.stat(`${real}-wal`)?.size ?? 0) > 0)
      notes.push(`What ${path}-wal has to change of ${path} is not taken into account.`);
  }
  const system = parseOsRelease(
    tree.readText("/etc/os-release") ?? tree.readText("/usr/lib/os-release") ?? "",
  );
  return { system, packages, notes };
}

async function filesOfFolder(tree: Tree): Promise<typeof FILES> {
  if (realPath(tree, FOLDER) === undefined) return [];
  const found = await tree.scan(FOLDER);
  return [...found]
    .filter(({ path, stat }) => stat.type === "file" && !path.endsWith(".md5sums"))
    .map(({ path }) => [posix.join(FOLDER, path), DPKG]);
}

/** Where it is after all links, which stay inside; undefined for what is not there. */
function realPath(tree: Tree, path: string): string | undefined {
  const real = tree.resolve(path);
  return tree.stat(real) === undefined ? undefined : real;
}

async function readPackages(
  tree: Tree,
  path: string,
  { limit, parse }: Form,
): Promise<readonly InstalledPackage[]> {
  const bytes = await readFile(tree, path, limit);
  try {
    return await parse(bytes);
  } catch (cause) {
    throw new Failure("FILE_UNSUITABLE", { path, want: "a database of packages that is whole" }, { cause });
  }
}

async function readFile(tree: Tree, path: string, limit: number): Promise<Buffer> {
  const fd = tree.openFile(path);
  const stream = createReadStream("", { fd });
  if (fstatSync(fd).size > limit) {
    stream.destroy();
    throw new Failure("FILE_UNSUITABLE", { path, want: `a database of at most ${limit} bytes` });
  }
  return readAll(stream as AsyncIterable<Uint8Array>, limit);
}
