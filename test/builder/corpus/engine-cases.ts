import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "mocha";
import type { ImageConfig } from "../../../image/config.ts";
import { requiresCommand } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";

/** A build case with what the real engine made of it; the corpus' README describes the fields. */
export interface EngineCase {
  readonly index: number;
  readonly name: string;
  readonly dockerfile: string;
  readonly dockerfileContents: string;
  readonly buildArgs: Readonly<Record<string, string>> | null;
  readonly dockerUseBuildKit: boolean;
  readonly shouldFailAt: number;
  readonly withoutDocker: boolean;
  readonly fsSkip: readonly string[] | null;
}

interface RecordedNode {
  readonly typeflag?: number;
  readonly mode?: number;
  readonly uid: number;
  readonly gid: number;
  readonly digest?: string;
  readonly linkname?: string;
  readonly "(dir)"?: Readonly<Record<string, RecordedNode>>;
}

const NAME = "engine-cases.tar.xz";
const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** The unpacked corpus; it goes when it is disposed. */
export class EngineCorpus implements Disposable {
  readonly cases: readonly EngineCase[];
  readonly #scratch = new Scratch();
  readonly #folder: string;
  readonly #names = new Map<number, string>();

  /** Skips the test where the corpus is absent. */
  constructor(test: Context) {
    const folders = [
      process.env["SLIPWAY_CORPUS"],
      join(root, "../shared/corpus"),
      join(root, "../../shared/corpus"),
    ];
    const found = folders.find((folder) => folder !== undefined && existsSync(join(folder, NAME)));
    if (found === undefined) {
      this.#scratch[Symbol.dispose]();
      const current = test.test ?? test.currentTest;
      if (current !== undefined)
        current.title += " (skipped: the corpus of build cases is absent: set SLIPWAY_CORPUS to its folder)";
      test.skip();
    }
    requiresCommand(test, "xz");
    execFileSync("tar", ["-xf", join(found ?? "", NAME), "-C", this.#scratch.path]);
    const [top = ""] = readdirSync(this.#scratch.path);
    this.#folder = this.#scratch.join(top);
    this.cases = JSON.parse(readFileSync(join(this.#folder, "cases.json"), "utf8")) as readonly EngineCase[];
    const seen = new Map<string, number>();
    for (const { index, name } of this.cases) {
      // The recorder ran the cases as Go subtests: a name met again gets a number.
      const clean = name.replaceAll(" ", "_");
      const count = seen.get(clean) ?? 0;
      seen.set(clean, count + 1);
      this.#names.set(index, count === 0 ? clean : `${clean}#${String(count).padStart(2, "0")}`);
    }
  }

  /** Unpacks the context of a case and returns its folder. */
  context({ index }: EngineCase): string {
    const number = String(index).padStart(3, "0");
    const folder = this.#scratch.join("work", number);
    mkdirSync(folder, { recursive: true });
    execFileSync("tar", ["-xpf", join(this.#folder, "contexts", `${number}.tar.gz`), "-C", folder]);
    return folder;
  }

  dockerfile(each: EngineCase, context: string): string {
    if (each.dockerfileContents !== "") return each.dockerfileContents;
    return readFileSync(join(context, each.dockerfile === "" ? "Dockerfile" : each.dockerfile), "utf8");
  }

  /** What the engine made of it; undefined when it made no image. */
  recorded(
    each: EngineCase,
  ): { readonly tree: Readonly<Record<string, string>>; readonly config: ImageConfig } | undefined {
    const top = this.#record(each);
    // Cases that were run in several ways have a folder for each.
    const ways = existsSync(top) ? readdirSync(top).filter((name) => name.startsWith("new-")) : [];
    const folder = join(top, ways[0] ?? "");
    if (!existsSync(join(folder, "fs.json"))) return undefined;
    const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
    const tree: Record<string, string> = {};
    flatten(read("fs.json") as RecordedNode, "", tree);
    return { tree, config: read("config.json") as ImageConfig };
  }

  isRecorded(each: EngineCase): boolean {
    return existsSync(this.#record(each));
  }

  #record({ index }: EngineCase): string {
    return join(this.#folder, "docker/TestConformance", this.#names.get(index) ?? "");
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

const TYPES: Readonly<Record<string, string>> = {
  "0": "file",
  "1": "file",
  "2": "link",
  "5": "directory",
  "6": "fifo",
};

function flatten(node: RecordedNode, path: string, tree: Record<string, string>): void {
  if (path !== "") tree[path] = lineOf(node);
  for (const [name, child] of Object.entries(node["(dir)"] ?? {})) flatten(child, `${path}/${name}`, tree);
}

function lineOf({ typeflag = 0, mode = 0, uid, gid, digest = "", linkname = "" }: RecordedNode): string {
  const type = TYPES[String.fromCharCode(typeflag)] ?? String(typeflag);
  const owner = `${uid}:${gid}`;
  if (type === "link") return `link ${owner} -> ${linkname}`;
  // The recording has neither set-id and sticky bits nor the digest of an empty file.
  const content = digest === "" ? `sha256:${createHash("sha256").digest("hex")}` : digest;
  return `${type} ${(mode & 0o777).toString(8)} ${owner}${type === "file" ? ` ${content}` : ""}`;
}
