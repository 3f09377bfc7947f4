import { RE2JS } from "re2js";
import { attestationText } from "../../core/build-attestations.ts";
import { Failure } from "../../core/errors.ts";
import {
  ATTRIBUTES,
  type AttributeName,
  isAttribute,
  merged,
  readAttribute,
  type Target,
} from "./attributes.ts";
import type { Override } from "./definition.ts";
import { type Fields, readFields } from "./fields.ts";
import type { Value } from "./hcl/ast.ts";
import { TypeProblem } from "./hcl/values.ts";

interface Setting {
  readonly pattern: RE2JS;
  readonly attribute: AttributeName;
  /** Of maps: the key. */
  readonly key: string | undefined;
  readonly value: string;
  readonly adds: boolean;
  readonly text: string;
}

/** How `--set` calls what a file calls otherwise. */
const NAMES: Readonly<Record<string, AttributeName>> = { platform: "platforms", secrets: "secret" };

/** `--set PATTERN.ATTRIBUTE[.KEY][+]=VALUE`: lists are made of all values that are given. Throws OPTION_INVALID. */
export function readOverrides(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Override {
  const settings = texts.flatMap((text) => readSetting(text, env));
  return (name, target) => {
    const own = settings.filter(({ pattern }) => pattern.testExact(name));
    const attributes = [...new Set(own.map(({ attribute }) => attribute))];
    return attributes.reduce(
      (result, attribute) =>
        apply(
          result,
          own.filter((setting) => setting.attribute === attribute),
        ),
      target,
    );
  };
}

function readSetting(text: string, env: Readonly<Record<string, string | undefined>>): readonly Setting[] {
  const [, pattern = "", written = "", key, plus, given] =
    /^([^.=]+)\.([\w-]+)(?:\.([^=]+?))?(\+)?(?:=([\s\S]*))?$/.exec(text) ?? [];
  const attribute = NAMES[written] ?? written;
  if (!isAttribute(attribute)) throw wrong(text, "TARGET.ATTRIBUTE[.KEY]=VALUE with an attribute of targets");
  const isMap = ATTRIBUTES[attribute].kind === "map";
  if (isMap !== (key !== undefined))
    throw wrong(text, isMap ? `TARGET.${attribute}.KEY=VALUE` : `TARGET.${attribute}=VALUE`);
  const value = given ?? (attribute === "args" && key !== undefined ? env[key] : "");
  if (value === undefined) return [];
  return [{ pattern: patternOf(pattern), attribute, key, value, adds: plus !== undefined, text }];
}

const wrong = (got: string, want: string): Failure =>
  new Failure("OPTION_INVALID", { option: "--set", got, want });

const WILDCARDS: Readonly<Record<string, string>> = { "*": ".*", "?": "." };

/** "*" and "?" in a target's name, looked for in a time that grows with the name alone. */
function patternOf(text: string): RE2JS {
  const source = Array.from(text, (letter) => WILDCARDS[letter] ?? RE2JS.quote(letter)).join("");
  return RE2JS.compile(source);
}
function apply(target: Target, settings: readonly Setting[]): Target {
  const [first] = settings;
  if (first === undefined) return target;
  const { attribute, text } = first;
  const values = settings.map(({ value }) => value);
  const read = (value: Value): Target => {
    try {
      return readAttribute(attribute, value);
    } catch (error) {
      throw error instanceof TypeProblem ? wrong(text, error.message) : error;
    }
  };
  switch (ATTRIBUTES[attribute].kind) {
    case "map":
      return merged(target, read(Object.fromEntries(settings.map(({ key = "", value }) => [key, value]))));
    case "bool":
      return { ...target, ...read(/^(?:1|t|true)$/i.test(values.at(-1) ?? "")) };
    case "text":
      return { ...target, ...read(values.at(-1) ?? "") };
    case "list":
    case "fields":
      return added(target, read(values), { attribute, adds: settings.some(({ adds }) => adds) });
  }
}

function added(
  target: Target,
  above: Target,
  { attribute, adds }: { readonly attribute: AttributeName; readonly adds: boolean },
): Target {
  if (!adds) return { ...target, ...above };
  const former = (target[attribute] ?? []) as readonly unknown[];
  return { ...target, [attribute]: [...former, ...(above[attribute] as readonly unknown[])] } as Target;
}

/** What flags of the command say of every target. */
export function withFlags(
  target: Target,
  flags: {
    readonly push: boolean;
    readonly load: boolean;
    readonly pull: boolean;
    readonly noCache: boolean;
    readonly provenance: string | undefined;
    readonly sbom: string | undefined;
  },
): Target {
  const { output = [] } = target;
  const pushed = output.map((one) =>
    ["image", "registry"].includes(one["type"] ?? "") ? { ...one, push: "true" } : one,
  );
  const outputs = flags.push ? (output.length === 0 ? [{ type: "image", push: "true" }] : pushed) : output;
  const isLoaded = outputs.some((one) => one["type"] === "docker" && one["dest"] === undefined);
  const attest = [...attested("provenance", flags.provenance), ...attested("sbom", flags.sbom)];
  const all = flags.load && !isLoaded ? [...outputs, { type: "docker" }] : outputs;
  return {
    ...target,
    ...(all.length === 0 ? {} : { output: all }),
    ...(flags.pull ? { pull: true } : {}),
    ...(flags.noCache ? { "no-cache": true } : {}),
    ...(attest.length === 0 ? {} : { attest: [...(target.attest ?? []), ...attest] }),
  };
}

function attested(kind: "provenance" | "sbom", text: string | undefined): readonly Fields[] {
  if (text === undefined) return [];
  try {
    return [readFields("attest", attestationText(kind, text))];
  } catch (error) {
    if (!(error instanceof TypeProblem || error instanceof RangeError)) throw error;
    throw new Failure("OPTION_INVALID", { option: `--${kind}`, got: text, want: error.message });
  }
}
