import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Failure } from "../../core/errors.ts";
import { Fields } from "../../core/fields.ts";
import type { SecretSource } from "../../engine/api.ts";

/** Where the value of a secret is. */
type Place = { readonly env: string } | { readonly file: string };

interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** BuildKit's limit for the value of a secret. */
const MAX_BYTES = 500 * 1024;
const KEYS = ["id", "src", "source", "env", "type"];

/**
 * `--secret id=ID[,src=FILE|env=VARIABLE][,type=file|env]`; without a place, the variable of that name, else the file. Values are read when a
 * command needs them and not before; that they can be is looked at now. Throws OPTION_INVALID, SECRET_TOO_BIG.
 */
export async function readSecrets(
  flags: readonly string[],
  surroundings: Surroundings,
): Promise<SecretSource | undefined> {
  if (flags.length === 0) return undefined;
  const places = new Map(flags.map((text) => readSecret(text, surroundings)));
  for (const [id, place] of places) if ("file" in place) await checkFile(id, place.file);
  return {
    secret: async (id) => {
      const place = places.get(id);
      if (place === undefined) return undefined;
      return "env" in place ? Buffer.from(surroundings.env[place.env] ?? "") : readFile(place.file);
    },
  };
}

function readSecret(text: string, { cwd, env }: Surroundings): readonly [id: string, place: Place] {
  const fields = new Fields("--secret", text);
  const id = fields.take("id") ?? "";
  const type = fields.take("type");
  const source = fields.take("src", "source");
  const variable = fields.take("env");
  fields.finish(KEYS);
  if (id === "") throw fields.invalid("an id: id=ID[,src=FILE|env=VARIABLE]");
  if (type !== undefined && type !== "file" && type !== "env") throw fields.invalid("type=file or type=env");
  if (source !== undefined && variable !== undefined) throw fields.invalid("one of src and env");
  if (variable !== undefined) return [id, { env: variable }];
  if (source !== undefined) return [id, type === "env" ? { env: source } : { file: resolve(cwd, source) }];
  const isVariable = type === "env" || (type === undefined && env[id] !== undefined);
  return [id, isVariable ? { env: id } : { file: resolve(cwd, id) }];
}

async function checkFile(id: string, file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    const want = `a file that can be read for secret ${id}`;
    throw new Failure("OPTION_INVALID", { option: "--secret", got: file, want });
  }
  if (found.size > MAX_BYTES) throw new Failure("SECRET_TOO_BIG", { id, limit: MAX_BYTES });
}
