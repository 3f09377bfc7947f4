import { Failure } from "../../core/errors.ts";
import { familiarName, parseReference } from "../../core/reference.ts";
import type { EngineEvent } from "../../runtime/events.ts";
import { hasLabel, unknownFilter } from "../filters.ts";

type Test = (event: EngineEvent) => boolean;
type Make = (values: readonly string[]) => Test;

/** Actions whose text goes on behind a colon; a filter without one means all of them. */
const WITH_DETAIL = ["exec_create", "exec_start", "health_status"];

/** An id or name that begins with one of the values. */
const ofObject: Make =
  (values) =>
  ({ id, attributes }) =>
    values.some((value) => id.startsWith(value) || attributes["name"]?.startsWith(value) === true);

const FILTERS: Readonly<Record<string, Make>> = {
  container: ofObject,
  daemon: ofObject,
  network: ofObject,
  volume: ofObject,
  event: (values) => {
    const detailed = values.filter((value) => WITH_DETAIL.includes(value));
    return ({ action }) =>
      values.includes(action) || detailed.some((value) => action.startsWith(`${value}:`));
  },
  image:
    (values) =>
    ({ type, id, attributes }) => {
      const name = attributes[type === "image" ? "name" : "image"] ?? "";
      return values.some((value) => [id, name, bareName(id), bareName(name)].includes(value));
    },
  label:
    (values) =>
    ({ attributes }) =>
      values.every((value) => hasLabel(attributes, value)),
  scope: (values) => () => values.includes("local"),
  type:
    (values) =>
    ({ type }) =>
      values.includes(type),
};

/** The events that `docker events -f` lets through. Throws FILTER_UNKNOWN. */
export function compileEventFilters(filters: Readonly<Record<string, readonly string[]>>): Test {
  const tests = Object.entries(filters).map(([key, values]) => {
    const make = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, Object.keys(FILTERS));
    return make(values);
  });
  return (event) => tests.every((test) => test(event));
}

/** A reference without tag and digest; text that is none as it is. */
function bareName(text: string): string {
  try {
    return familiarName(parseReference(text));
  } catch (error) {
    if (error instanceof Failure) return text;
    throw error;
  }
}
