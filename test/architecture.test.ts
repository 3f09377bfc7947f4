import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import glob from "fast-glob";
import { describe, it } from "mocha";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Whom each folder may import, besides itself and packages. "engine:types" allows `import type` only.
 * A container's configuration is that of an image with more, hence the types that runtime takes from image.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  native: ["core"],
  image: ["core"],
  store: ["core", "image", "native"],
  builder: ["core", "image", "store"],
  registry: ["core", "image", "store"],
  runtime: ["core", "store", "native", "image:types"],
  engine: ["core", "native", "image", "store", "builder", "registry", "runtime"],
  wire: ["core"],
  daemon: ["core", "wire", "engine:types"],
  client: ["core", "wire", "engine:types"],
  cli: ["core", "engine:types"],
};
/** Files that reach further, each with its reason. */
const EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  // Decides which engine a command gets: it loads the composition, or the client of a daemon, with the credentials of this user and
  // the rules of ignore files.
  "cli/connect.ts": ["engine", "client", "registry", "builder"],
  // The command that serves an engine to others, and knows from the kernel who they are.
  "cli/commands/daemon.ts": ["daemon", "native"],
  // Node's own raw mode is not raw on the output side.
  "cli/terminal.ts": ["native"],
};
const MAX_LINES = 300;
/** Files that are one table each. */
const TABLES: ReadonlySet<string> = new Set(["core/error-codes.ts", "cli/commands/table.ts"]);

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}
const IMPORT =
  /^(?:import|export)\s+(?<type>type\s)?(?<names>(?:[^'"();]|\{[^}]*\})*?\sfrom\s+)?["'](?<path>\.[^"']+)["']/gm;
const LAZY_IMPORT = /(?<kind>typeof\s+)?\bimport\(\s*["'](?<path>\.[^"']+)["']\s*\)/g;

const files = glob.sync(
  Object.keys(ARROWS).map((folder) => `${folder}/**/*.ts`),
  { cwd: root },
);
const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));
const imports = [...sources].flatMap(([file, source]) => importsOf(file, source));

function importsOf(file: string, source: string): readonly Import[] {
  const target = (path: string | undefined): string => normalize(join(dirname(file), path ?? ""));
  return [
    ...Array.from(source.matchAll(IMPORT), ({ groups = {} }) => ({
      from: file,
      to: target(groups["path"]),
      typeOnly: groups["type"] !== undefined || onlyTypes(groups["names"]),
    })),
    ...Array.from(source.matchAll(LAZY_IMPORT), ({ groups = {} }) => ({
      from: file,
      to: target(groups["path"]),
      typeOnly: groups["kind"] !== undefined,
    })),
  ];
}

/** "{ type A, type B }": the import is erased but for its side effects, and there are none here. */
function onlyTypes(names = ""): boolean {
  const inside = /\{(?<list>[^}]*)\}/.exec(names)?.groups?.["list"];
  return inside?.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
}

const folderOf = (file: string): string => file.split("/")[0] ?? "";

function isAllowed({ from, to, typeOnly }: Import): boolean {
  const [source, target] = [folderOf(from), folderOf(to)];
  const allowed = [...(ARROWS[source] ?? []), ...(EXCEPTIONS[from] ?? [])];
  return source === target || allowed.includes(target) || (typeOnly && allowed.includes(`${target}:types`));
}

/** The first cycle of imports that run, as a path of files. */
function findCycle(): readonly string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to, typeOnly } of imports)
    if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const to of next.get(file) ?? []) {
      const cycle = visit(to, [...path, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe("the architecture", () => {
  it("folders import only whom the arrows allow", () => {
    const wrong = imports.filter((one) => !isAllowed(one)).map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual(wrong, []);
  });

  it("imports form no cycle", () => {
    assert.equal(findCycle()?.join(" → "), undefined);
  });

  it("only the files of the composition construct what services are made of", () => {
    const loaded: Readonly<Record<string, string>> = {
      "engine/compose.ts": "cli/connect.ts",
      "engine/compose-builds.ts": "engine/compose.ts",
      "engine/compose-containers.ts": "engine/compose.ts",
    };
    const wrong = imports.filter(
      ({ from, to, typeOnly }) => !typeOnly && loaded[to] !== undefined && loaded[to] !== from,
    );
    assert.deepEqual(wrong, []);
  });

  it(`no file is longer than ${MAX_LINES} lines`, () => {
    const long = [...sources]
      .map(([file, source]) => ({ file, lines: source.split("\n").length - 1 }))
      .filter(({ file, lines }) => lines > MAX_LINES && !TABLES.has(file));
    assert.deepEqual(long, []);
  });

  it("every relative import names a file that exists", () => {
    const missing = imports
      .filter(({ to }) => !sources.has(to))
      .map(({ from, to }) => `${from} imports ${to}`);
    assert.deepEqual(missing, []);
  });
});
