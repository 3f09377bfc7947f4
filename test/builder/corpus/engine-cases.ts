import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "mocha";
import { requiresCommand } from "../../support/requires.ts";
import { Scratch } from "../../support/scratch.ts";
import { failureFacts, type ImageFacts } from "./image-facts.ts";
import { type Recorder, readRecording } from "./recording.ts";

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
  /** Of buildah's flag -v. */
  readonly transientMounts: readonly string[] | null;
}

/** The recorder gave it to the Dockerfile of every case. */
const DOCKERFILE_TIME = new Date("2017-01-26T16:59:13Z");
export interface Recorded {
  readonly by: Recorder;
  readonly facts: ImageFacts;
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
  context(each: EngineCase): string {
    const number = String(each.index).padStart(3, "0");
    const folder = this.#scratch.join("work", number);
    mkdirSync(folder, { recursive: true });
    const tar = join(this.#folder, "contexts", `${number}.tar.gz`);
    execFileSync("tar", ["--xattrs", "--xattrs-include=*", "-xpf", tar, "-C", folder]);
    const dockerfile = join(folder, nameOf(each));
    if (existsSync(dockerfile)) utimesSync(dockerfile, DOCKERFILE_TIME, DOCKERFILE_TIME);
    return folder;
  }

  dockerfile(each: EngineCase, context: string): string {
    if (each.dockerfileContents !== "") return each.dockerfileContents;
    return readFileSync(join(context, nameOf(each)), "utf8");
  }

  /** Of its record, which tells cases of the same name apart. */
  nameOf({ index }: EngineCase): string {
    return this.#names.get(index) ?? "";
  }

  /**
   * What the engine made of it, or buildah where only that was asked; undefined when there is no record. Times from `start` (milliseconds)
   * on are the build's; of an image on another one, that one's history and layers are left out.
   */
  recorded(
    each: EngineCase,
    options: { readonly start: number; readonly onBase: boolean },
  ): Recorded | undefined {
    const by = recorderOf(each);
    const engine = by === "buildah" ? "buildah" : "docker";
    const top = join(this.#folder, engine, "TestConformance", this.nameOf(each));
    if (!existsSync(top)) return undefined;
    // Cases that were run in several ways have a folder for each.
    const ways = readdirSync(top).filter((name) => name.startsWith("new-"));
    const folder = join(top, ways[0] ?? "");
    if (existsSync(join(folder, "fs.json")))
      return { by, facts: readRecording(folder, { ...options, recorder: by }) };
    return { by, facts: failureFacts(each.shouldFailAt === 0 ? undefined : each.shouldFailAt) };
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

const nameOf = ({ dockerfile }: EngineCase): string => (dockerfile === "" ? "Dockerfile" : dockerfile);

function recorderOf({ withoutDocker, dockerUseBuildKit }: EngineCase): Recorder {
  if (withoutDocker) return "buildah";
  return dockerUseBuildKit ? "buildkit" : "classic";
}
