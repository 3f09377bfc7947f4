/** What differs between two lists of texts, of NAME=value above all; undefined when they are no such lists. */
export function differenceOfLists(before: unknown, after: unknown): string | undefined {
  if (!isTexts(before) || !isTexts(after)) return undefined;
  const [former, now] = [byName(before), byName(after)];
  for (const [name, value] of now) {
    const was = former.get(name);
    if (was === undefined) return `${value} was added`;
    if (was !== value) return `${name} changed from ${was} to ${value}`;
  }
  for (const [name, value] of former) if (!now.has(name)) return `${value} was removed`;
  return "the order changed";
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string");

/** Words without a name stand for their place. */
function byName(list: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    list.map((text, i) => {
      const at = text.indexOf("=");
      return [at > 0 && !text.slice(0, at).includes(" ") ? text.slice(0, at) : `word ${i + 1}`, text];
    }),
  );
}
