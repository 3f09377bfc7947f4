import { resolve } from "node:path";
import { type Annotation, annotationsOf, isAnnotationAttribute } from "../../core/annotations.ts";
import { COMPRESSIONS, type Compression } from "../../core/compression.ts";
import { csvFields } from "../../core/csv.ts";
import { Failure } from "../../core/errors.ts";
import { Fields } from "../../core/fields.ts";
import { namesListed, SETTLED_OF_IMAGES } from "../../core/output-attributes.ts";

/** What is made of a build's result. `file` undefined is standard output. */
export type Output = Kind & {
  /** Time of the build's result, in seconds since the epoch. */
  readonly sourceDateEpoch?: number;
};
type Kind =
  | {
      readonly type: "directory";
      readonly path: string;
      /** What is in the folder and not in the result goes. */
      readonly mirror: boolean;
      /** A folder for each platform; undefined where there are several. */
      readonly split?: boolean;
    }
  | { readonly type: "tar"; readonly file: string | undefined; readonly split?: boolean }
  | {
      readonly type: "archive";
      readonly file: string | undefined;
      readonly names: readonly string[];
      readonly annotations: readonly Annotation[];
      /** Docker's own, which holds images of one platform. */
      readonly docker: boolean;
    }
  /** An OCI image layout in a folder. */
  | {
      readonly type: "layout";
      readonly path: string;
      readonly names: readonly string[];
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly type: "image";
      readonly names: readonly string[];
      readonly annotations: readonly Annotation[];
      readonly push: boolean;
      readonly compression?: Compression;
    };

type Reader = (fields: Fields, cwd: string) => Kind;

/** Undefined for standard output. */
const fileAt = (dest: string | undefined, cwd: string): string | undefined =>
  dest === undefined || dest === "-" ? undefined : resolve(cwd, dest);

const MODES = ["copy", "delete"] as const;

const takeSplit = (fields: Fields): { readonly split?: boolean } => {
  const split = fields.boolean("platform-split");
  return split === undefined ? {} : { split };
};

function takeSettled(fields: Fields): void {
  for (const name of SETTLED_OF_IMAGES)
    if (fields.boolean(name) === false) throw fields.invalid(`${name}=true`);
  // There is nothing to unpack: a layer is used as it is.
  fields.boolean("unpack");
}

const takeAnnotations = (fields: Fields): readonly Annotation[] => {
  const annotations = annotationsOf(fields.rest());
  for (const name of [...fields.rest().keys()].filter(isAnnotationAttribute)) fields.take(name);
  return annotations;
};

const readLocal: Reader = (fields, cwd) => {
  const dest = fields.take("dest");
  const mirror = fields.choice("mode", MODES) === "delete";
  if (dest === undefined || dest === "-") throw fields.invalid("dest=DIRECTORY");
  const path = resolve(cwd, dest);
  if (mirror && `${cwd}/`.startsWith(`${path}/`.replace("//", "/")))
    throw fields.invalid("with mode=delete a folder that does not hold the working directory");
  return { type: "directory", path, mirror, ...takeSplit(fields) };
};

const readTar: Reader = (fields, cwd) => ({
  type: "tar",
  file: fileAt(fields.take("dest"), cwd),
  ...takeSplit(fields),
});

type Archive = Extract<Kind, { readonly type: "archive" }>;

function readArchive(fields: Fields, cwd: string): Archive {
  const [names, file] = [namesListed(fields.take("name")), fileAt(fields.take("dest"), cwd)];
  return { type: "archive", names, annotations: takeAnnotations(fields), file, docker: false };
}

const readOci: Reader = (fields, cwd) => {
  const isTar = fields.boolean("tar") ?? true;
  const { names, annotations, ...archive } = readArchive(fields, cwd);
  if (isTar) return { ...archive, names, annotations };
  if (archive.file === undefined) throw fields.invalid("dest=DIRECTORY with tar=false");
  return { type: "layout", names, annotations, path: archive.file };
};

/** Without a file it is docker's own store, which here is this one. */
const readDocker: Reader = (fields, cwd) => {
  if (fields.boolean("tar") === false) throw fields.invalid("tar=true");
  const dest = fields.take("dest");
  const archive = readArchive(fields, cwd);
  if (dest !== undefined) return { ...archive, file: fileAt(dest, cwd), docker: true };
  return { type: "image", names: archive.names, annotations: archive.annotations, push: false };
};

const readImage =
  (byDefault: boolean): Reader =>
  (fields) => {
    const push = fields.boolean("push") ?? byDefault;
    const compression = fields.choice("compression", COMPRESSIONS);
    const forced = fields.boolean("force-compression");
    // A compression that is asked for is that of all layers.
    if (forced !== undefined && (!forced || compression === undefined))
      throw fields.invalid("force-compression=true with compression=gzip or compression=zstd");
    takeSettled(fields);
    return {
      type: "image",
      names: namesListed(fields.take("name")),
      annotations: takeAnnotations(fields),
      push,
      ...(compression === undefined ? {} : { compression }),
    };
  };

const IMAGE_KEYS = [
  "name",
  "push",
  "compression",
  "force-compression",
  ...SETTLED_OF_IMAGES,
  "unpack",
  "annotation.KEY",
  "source-date-epoch",
];
const READERS: Readonly<Record<string, { readonly read: Reader; readonly keys: readonly string[] }>> = {
  local: { read: readLocal, keys: ["dest", "mode", "platform-split", "source-date-epoch"] },
  tar: { read: readTar, keys: ["dest", "platform-split", "source-date-epoch"] },
  oci: { read: readOci, keys: ["dest", "name", "tar", "annotation.KEY", "source-date-epoch"] },
  docker: { read: readDocker, keys: ["dest", "name", "tar", "annotation.KEY", "source-date-epoch"] },
  image: { read: readImage(false), keys: IMAGE_KEYS },
  registry: { read: readImage(true), keys: IMAGE_KEYS },
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
    return { type: "directory", path: resolve(cwd, text), mirror: false };
  const fields = new Fields("--output", text);
  const reader = READERS[fields.take("type") ?? ""];
  if (reader === undefined) throw fields.invalid(`type=${Object.keys(READERS).join("|")}`);
  const output = reader.read(fields, cwd);
  const epoch = fields.take("source-date-epoch");
  if (epoch !== undefined && !/^\d{1,11}$/.test(epoch))
    throw fields.invalid("source-date-epoch=SECONDS since 1970-01-01");
  fields.finish(reader.keys);
  return epoch === undefined ? output : { ...output, sourceDateEpoch: Number(epoch) };
}

/** The names that the image is given: those of the command line and of outputs, unless only files are wanted. */
export function namesOf(outputs: readonly Output[], tags: readonly string[]): readonly string[] {
  const named = outputs.filter((output) => "names" in output);
  return named.length === 0 ? [] : [...new Set([...tags, ...named.flatMap(({ names }) => names)])];
}

/** Whether the image is wanted in registries only. */
export const onlyPushes = (outputs: readonly Output[]): boolean =>
  outputs.every((output) => output.type === "image" && output.push);
