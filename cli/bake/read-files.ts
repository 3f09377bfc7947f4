import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import type { Context } from "../context.ts";
import { readFrom } from "../files.ts";
import { readCompose } from "./compose.ts";
import type { Definition } from "./definition.ts";
import type { Body } from "./hcl/ast.ts";
import { readHcl } from "./hcl/body.ts";
import { readJson } from "./hcl/json.ts";
import { Program } from "./program.ts";

/** All of them that there are, in this order. */
const DEFAULTS = [
  "compose.yaml",
  "compose.yml",
  "docker-compose.yml",
  "docker-compose.yaml",
  "docker-bake.json",
  "docker-bake.hcl",
  "docker-bake.override.json",
  "docker-bake.override.hcl",
];
const MAX_BYTES = 16 * 1024 * 1024;

export interface Read {
  readonly definition: Definition;
  readonly program: Program;
}

interface Source {
  readonly name: string;
  readonly text: string;
}

/** Reads the files that were named, or those that are usual. Rejects with BAKE_FILES_MISSING, BAKE_FILE_UNREADABLE, BAKE_FILE_INVALID. */
export async function readBakeFiles(context: Context, named: readonly string[]): Promise<Read> {
  const names = named.length > 0 ? named : DEFAULTS.filter((name) => existsSync(join(context.cwd, name)));
  if (names.length === 0) throw new Failure("BAKE_FILES_MISSING", { names: DEFAULTS.join(", ") });
  const sources = await Promise.all(names.map((name) => readSource(context, name)));
  const env = await environment(context);
  const composed: Definition[] = [];
  const bodies: Body[] = [];
  for (const { name, text } of sources) {
    if (/\.ya?ml$/.test(name)) composed.push(await readCompose(text, name, env));
    else bodies.push(isJson(name, text) ? readJson(text, name) : readHcl(text, name));
  }
  const program = new Program(bodies, context.env);
  const all = [...composed, program.definition()];
  return {
    program,
    definition: {
      groups: all.flatMap(({ groups }) => groups),
      targets: all.flatMap(({ targets }) => targets),
    },
  };
}

const isJson = (name: string, text: string): boolean =>
  name.endsWith(".json") || (!name.endsWith(".hcl") && text.trimStart().startsWith("{"));

async function readSource(context: Context, name: string): Promise<Source> {
  if (name === "-") return { name, text: (await readAll(readFrom(context, "-"), MAX_BYTES)).toString() };
  const path = resolve(context.cwd, name.replace(/^cwd:\/\//, ""));
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new RangeError(`more than ${MAX_BYTES} bytes`);
    return { name, text: await readFile(path, "utf8") };
  } catch (cause) {
    throw new Failure("BAKE_FILE_UNREADABLE", { file: name }, { cause });
  }
}

/** Compose reads variables from the file .env too. */
async function environment({ cwd, env }: Context): Promise<Readonly<Record<string, string | undefined>>> {
  const text = await readFile(join(cwd, ".env"), "utf8").catch(() => "");
  const { parseEnv } = await import("node:util");
  return { ...parseEnv(text), ...env };
}
