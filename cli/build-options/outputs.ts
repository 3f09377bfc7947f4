import { resolve } from "node:path";
import { type Annotation, annotationsOf, isAnnotationAttribute } from "../../core/annotations.ts";
import { COMPRESSIONS, type Compression } from "../../core/compression.ts";
import { csvFields } from "../../core/csv.ts";
import { Failure } from "../../core/errors.ts";
import { Fields } from "../../core/fields.ts";

/** What is made of a build's result. `file` undefined is standard output. */
export type Output =
  | { readonly type: "directory"; readonly path: string }
  | { readonly type: "tar"; readonly file: string | undefined }
  | {
      readonly type: "archive";
      readonly file: string | undefined;
      readonly names: readonly string[];
      readonly annotations: readonly Annotation[];
      /** Docker's own, which holds images of one platform. */
      readonly docker: boolean;
    }
  | {
      readonly type: "image";
      readonly names: readonly string[];
      readonly annotations: readonly Annotation[];
      readonly push: boolean;
      readonly compression?: Compression;
    };

type Reader = (fields: Fields, cwd: string) => Output;

const split = (names: string | undefined): readonly string[] =>
  (names ?? "").split(",").filter((name) => name !== "");

/** Undefined for standard output. */
const fileAt = (dest: string | undefined, cwd: string): string | undefined =>
  dest === undefined || dest === "-" ? undefined : resolve(cwd, dest);

const takeAnnotations = (fields: Fields): readonly Annotation[] => {
  const annotations = annotationsOf(fields.rest());
  for (const name of [...fields.rest().keys()].filter(isAnnotationAttribute)) fields.take(name);
  return annotations;
};

const readLocal: Reader = (fields, cwd) => {
  const dest = fields.take("dest");
  if ((fields.take("mode") ?? "copy") !== "copy") throw fields.invalid("mode=copy");
  if (dest === undefined || dest === "-") throw fields.invalid("dest=DIRECTORY");
  return { type: "directory", path: resolve(cwd, dest) };
};

const readTar: Reader = (fields, cwd) => ({ type: "tar", file: fileAt(fields.take("dest"), cwd) });

const readArchive: Reader = (fields, cwd) => {
  if (fields.boolean("tar") === false) throw fields.invalid("tar=true");
  const [names, file] = [split(fields.take("name")), fileAt(fields.take("dest"), cwd)];
  return { type: "archive", names, annotations: takeAnnotations(fields), file, docker: false };
};

/** Without a file it is docker's own store, which here is this one. */
const readDocker: Reader = (fields, cwd) => {
  const dest = fields.take("dest");
  const archive = readArchive(fields, cwd) as Extract<Output, { readonly type: "archive" }>;
  if (dest !== undefined) return { ...archive, file: fileAt(dest, cwd), docker: true };
  return { type: "image", names: archive.names, annotations: archive.annotations, push: false };
};

const readImage =
  (byDefault: boolean): Reader =>
  (fields) => {
    const push = fields.boolean("push") ?? byDefault;
    const compression = fields.choice("compression", COMPRESSIONS);
    return {
      type: "image",
      names: split(fields.take("name")),
      annotations: takeAnnotations(fields),
      push,
      ...(compression === undefined ? {} : { compression }),
    };
  };

const READERS: Readonly<Record<string, { readonly read: Reader; readonly keys: readonly string[] }>> = {
  local: { read: readLocal, keys: ["dest", "mode"] },
  tar: { read: readTar, keys: ["dest"] },
  oci: { read: readArchive, keys: ["dest", "name", "tar", "annotation.KEY"] },
  docker: { read: readDocker, keys: ["dest", "name", "tar", "annotation.KEY"] },
  image: { read: readImage(false), keys: ["name", "push", "compression", "annotation.KEY"] },
  registry: { read: readImage(true), keys: ["name", "push", "compression", "annotation.KEY"] },
};

/**
 * `--output type=local|tar|oci|docker|image|registry,…`; a bare path is a directory, "-" a tar on standard output. Throws OPTION_INVALID.
 * https://docs.docker.com/reference/cli/docker/buildx/build/#output
 */
export function readOutputs(
  { output, push }: { readonly output: readonly string[]; readonly push: boolean },
  cwd: string,
): readonly Output[] {
  const outputs = output.map((text) => readOutput(text, cwd));
  if (outputs.filter((one) => "file" in one && one.file === undefined).length > 1)
    throw new Failure("OPTIONS_CONFLICT", { one: "two outputs", other: "one standard output" });
  const image: Output = { type: "image", names: [], annotations: [], push };
  return push || outputs.length === 0 ? [...outputs, image] : outputs;
}

function readOutput(text: string, cwd: string): Output {
  if (text === "-") return { type: "tar", file: undefined };
  if (csvFields(text).length === 1 && !text.startsWith("type="))
    return { type: "directory", path: resolve(cwd, text) };
  const fields = new Fields("--output", text);
  const reader = READERS[fields.take("type") ?? ""];
  if (reader === undefined) throw fields.invalid(`type=${Object.keys(READERS).join("|")}`);
  const output = reader.read(fields, cwd);
  fields.finish(reader.keys);
  return output;
}

/** The names that the image is given: those of the command line and of outputs, unless only files are wanted. */
export function namesOf(outputs: readonly Output[], tags: readonly string[]): readonly string[] {
  const named = outputs.filter((output) => "names" in output);
  return named.length === 0 ? [] : [...new Set([...tags, ...named.flatMap(({ names }) => names)])];
}

/** Whether the image is wanted in registries only. */
export const onlyPushes = (outputs: readonly Output[]): boolean =>
  outputs.every((output) => output.type === "image" && output.push);
