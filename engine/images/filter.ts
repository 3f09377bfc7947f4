import { compilePattern } from "../../builder/context/patterns.ts";
import { familiarName, parseReference } from "../../core/reference.ts";
import type { ImageConfig } from "../../image/config.ts";
import type { ImageRecord, ImageStore } from "../../store/types.ts";
import { hasLabel, readBoolean, readMoment, unknownFilter } from "../filters.ts";

export interface ImageFilter {
  readonly reference?: string;
  readonly filters?: Readonly<Record<string, readonly string[]>>;
}

type Test = (record: ImageRecord, config: () => Promise<ImageConfig>) => boolean | Promise<boolean>;

/** How each `docker images -f` key turns its values into a test of an image. */
const FILTERS: Readonly<Record<string, (values: readonly string[], images: ImageStore) => Test>> = {
  dangling: (values) => {
    const want = values.some((value) => readBoolean("dangling", value));
    return ({ tags, digests }) => (tags.length === 0 && digests.length === 0) === want;
  },
  label: (values) => async (_record, config) => {
    const labels = (await config()).config?.Labels;
    return values.every((value) => hasLabel(labels, value));
  },
  until: (values) => {
    const limit = readMoment("until", values);
    return ({ createdAt }) => createdAt < limit;
  },
  before: (values, images) => {
    const limit = Math.min(...values.map((name) => images.get(name).createdAt.getTime()));
    return ({ createdAt }) => createdAt.getTime() < limit;
  },
  since: (values, images) => {
    const limit = Math.max(...values.map((name) => images.get(name).createdAt.getTime()));
    return ({ createdAt }) => createdAt.getTime() > limit;
  },
};

/** The images a listing shows, each with the names that fit. Throws FILTER_UNKNOWN. */
export async function filterImages(
  images: ImageStore,
  { reference, filters = {} }: ImageFilter,
): Promise<readonly ImageRecord[]> {
  const { reference: given = [], ...others } = filters;
  const patterns = [...given, ...(reference === undefined ? [] : [reference])].map(referencePattern);
  const tests = Object.entries(others).map(([key, values]) => {
    const make = Object.hasOwn(FILTERS, key) ? FILTERS[key] : undefined;
    if (make === undefined) throw unknownFilter(key, [...Object.keys(FILTERS), "reference"]);
    return make(values, images);
  });
  const shown: ImageRecord[] = [];
  for (const record of images.list()) {
    const named = patterns.length === 0 ? record : withNames(record, patterns);
    if (named !== undefined && (await fitsAll(tests, record, images))) shown.push(named);
  }
  return shown;
}

async function fitsAll(tests: readonly Test[], record: ImageRecord, images: ImageStore): Promise<boolean> {
  for (const test of tests) if (!(await test(record, () => images.config(record.id)))) return false;
  return true;
}

function withNames(
  record: ImageRecord,
  patterns: readonly ((name: string) => boolean)[],
): ImageRecord | undefined {
  const fits = (name: string) => patterns.some((pattern) => pattern(name));
  const [tags, digests] = [record.tags.filter(fits), record.digests.filter(fits)];
  return tags.length + digests.length === 0 ? undefined : { ...record, tags, digests };
}

/** "debian", "debian:bookworm", "localhost:5000/*": matched against the familiar name, and against the name with its tag. Throws PATTERN_INVALID. */
function referencePattern(pattern: string): (name: string) => boolean {
  const matches = compilePattern(pattern);
  return (name) => matches(name) || matches(familiarName(parseReference(name)));
}
