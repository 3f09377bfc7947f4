import { ATTRIBUTES, type Target } from "./attributes.ts";
import type { Chosen } from "./definition.ts";

/** What `--print` shows: a bake file in JSON that says the same. */
export function printed({ groups, targets }: Chosen): string {
  const document = {
    group: Object.fromEntries(sorted(groups).map(([name, members]) => [name, { targets: members }])),
    target: Object.fromEntries(sorted(targets).map(([name, target]) => [name, documentOf(target)])),
  };
  return JSON.stringify(
    document,
    (_, value: unknown) => (typeof value === "string" ? escaped(value) : value),
    2,
  );
}

const sorted = <T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

/** A text that is a template again. */
const escaped = (text: string): string => text.replaceAll(/[$%]\{/g, (mark) => `${mark.charAt(0)}${mark}`);

function documentOf(target: Target): Readonly<Record<string, unknown>> {
  const names = Object.keys(ATTRIBUTES) as readonly (keyof Target)[];
  return Object.fromEntries(
    names.flatMap((name) => (saysNothing(target[name]) ? [] : [[name, target[name]]])),
  );
}

function saysNothing(value: Target[keyof Target]): boolean {
  if (typeof value === "object") return Object.keys(value).length === 0;
  return value === undefined || value === "";
}
