import { Failure } from "../../core/errors.ts";
import type { Exporter, SolveRequest } from "./wire/control.ts";

/** What is made of a build's result. */
export interface Outputs {
  readonly tags: readonly string[];
  readonly push: boolean;
}

const IMAGE = new Set(["moby", "image", "docker"]);
/** Attributes of an image that are honoured, or say what always holds: what is built is in the store, unpacked when it is used. */
const ATTRS: Readonly<Record<string, (value: string) => boolean>> = {
  name: () => true,
  push: (value) => isSwitch(value),
  store: isTrue,
  unpack: (value) => isSwitch(value),
};
const isSwitch = (value: string): boolean => ["", "true", "false", "1", "0"].includes(value);
function isTrue(value: string): boolean {
  return ["", "true", "1"].includes(value);
}

/** Throws OPTION_UNSUPPORTED with the name of what is not honoured. */
export function readExporters({ exporters, ...old }: SolveRequest): Outputs {
  const deprecated =
    old.exporterDeprecated === ""
      ? []
      : [{ type: old.exporterDeprecated, attrs: old.exporterAttrsDeprecated }];
  const all: readonly Exporter[] = exporters.length > 0 ? exporters : deprecated;
  for (const exporter of all) refuseUnsupported(exporter);
  return {
    tags: all.flatMap(({ attrs }) => (attrs.get("name") ?? "").split(",").filter((name) => name !== "")),
    push: all.some(({ attrs }) => attrs.has("push") && isTrue(attrs.get("push") ?? "")),
  };
}

function refuseUnsupported({ type, attrs }: Exporter): void {
  if (!IMAGE.has(type)) throw new Failure("OPTION_UNSUPPORTED", { option: `the output type=${type}` });
  for (const [name, value] of attrs) {
    const accepts = Object.hasOwn(ATTRS, name) ? ATTRS[name] : undefined;
    if (accepts?.(value) !== true)
      throw new Failure("OPTION_UNSUPPORTED", { option: `the output type=${type},${name}=${value}` });
  }
}
