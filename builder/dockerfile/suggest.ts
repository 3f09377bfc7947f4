/** Edits further away than this are no typing mistake. */
const TOO_FAR = 3;

/** Levenshtein distance, up to TOO_FAR. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) >= TOO_FAR) return TOO_FAR;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const replace = (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      next.push(Math.min(replace, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? TOO_FAR;
}

function inCaseOf(sample: string, text: string): string {
  const isUpper = sample === sample.toUpperCase() && sample !== sample.toLowerCase();
  return isUpper ? text.toUpperCase() : text.toLowerCase();
}

/**
 * The option that `value` was probably meant to be; undefined when none is near or `value` is one of them.
 * Without `caseSensitive`, the answer is in the letter case of `value`.
 */
export function suggest(
  value: string,
  options: Iterable<string>,
  { caseSensitive }: { readonly caseSensitive: boolean },
): string | undefined {
  const fold = (text: string): string => (caseSensitive ? text : text.toLowerCase());
  let best: string | undefined;
  let least = TOO_FAR;
  for (const option of options) {
    if (fold(option) === fold(value)) return undefined;
    const found = distance(fold(value), fold(option));
    if (found >= least) continue;
    least = found;
    best = caseSensitive ? option : inCaseOf(value, option);
  }
  return best;
}

/** `message`, with "(did you mean x?)" when something is near. */
export function withSuggestion(
  message: string,
  value: string,
  options: Iterable<string>,
  how: { readonly caseSensitive: boolean } = { caseSensitive: true },
): string {
  const near = suggest(value, options, how);
  return near === undefined ? message : `${message} (did you mean ${near}?)`;
}
