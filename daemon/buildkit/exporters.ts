import { type Annotation, annotationsOf, isAnnotationAttribute } from "../../core/annotations.ts";
import { Failure } from "../../core/errors.ts";
import { namesListed, SETTLED_OF_IMAGES } from "../../core/output-attributes.ts";
import type { Exporter, SolveRequest } from "../../wire/buildkit/control.ts";
import { type Accepts, isAccepted } from "./accepts.ts";

/** What the client writes where it likes. */
export interface FileOutput {
  /** By its position the client knows which of its outputs is meant. */
  readonly position: number;
  readonly type: FileType;
}
export type FileType = "local" | "tar" | "oci" | "docker";

/** What is made of a build's result. */
export interface Outputs {
  readonly tags: readonly string[];
  readonly annotations: readonly Annotation[];
  readonly push: boolean;
  readonly files: readonly FileOutput[];
}

const isSwitch = (value: string): boolean => ["", "true", "false", "1", "0"].includes(value);
const isTrue = (value: string): boolean => ["", "true", "1"].includes(value);
const isFalse = (value: string): boolean => ["false", "0"].includes(value);
const anything = (): boolean => true;

/** There is nothing to unpack: a layer is used as it is. */
const IMAGE: Accepts = {
  name: anything,
  push: isSwitch,
  unpack: isSwitch,
  ...Object.fromEntries(SETTLED_OF_IMAGES.map((name) => [name, isTrue])),
};
/** Of an archive that is no tar the client wants the parts, for a store of its own. */
const ARCHIVE: Accepts = { name: anything, tar: isTrue };

/** The attributes of each type. What has no file in the client's hands is sent as an image by clients, `--load` too. */
const TYPES: Readonly<Record<string, Accepts>> = { moby: IMAGE, image: IMAGE };
const FILE_TYPES: Readonly<Record<FileType, Accepts>> = {
  local: { "platform-split": isFalse },
  tar: { "platform-split": isFalse },
  oci: ARCHIVE,
  docker: ARCHIVE,
};
const isFileType = (type: string): type is FileType => Object.hasOwn(FILE_TYPES, type);

/** Throws OPTION_UNSUPPORTED with the name of what is not honoured. */
export function readExporters({ exporters, ...old }: SolveRequest): Outputs {
  const deprecated =
    old.exporterDeprecated === ""
      ? []
      : [{ type: old.exporterDeprecated, attrs: old.exporterAttrsDeprecated }];
  const all: readonly Exporter[] = exporters.length > 0 ? exporters : deprecated;
  for (const exporter of all) refuseUnsupported(exporter);
  return {
    tags: all.flatMap(({ attrs }) => namesListed(attrs.get("name"))),
    annotations: all.flatMap(({ attrs }) => annotationsOf(attrs)),
    push: all.some(({ attrs }) => attrs.has("push") && isTrue(attrs.get("push") ?? "")),
    files: all.flatMap(({ type }, position) => (isFileType(type) ? [{ position, type }] : [])),
  };
}

function refuseUnsupported({ type, attrs }: Exporter): void {
  const known = isFileType(type) ? FILE_TYPES[type] : Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known === undefined) throw new Failure("OPTION_UNSUPPORTED", { option: `the output type=${type}` });
  for (const [name, value] of attrs)
    if (!isAnnotationAttribute(name) && !isAccepted(known, name, value))
      throw new Failure("OPTION_UNSUPPORTED", { option: `the output type=${type},${name}=${value}` });
}
