const FORM = /^[a-z0-9._/*-]{1,255}$/;

/** What is wrong with a pattern; undefined when nothing is. */
export function globProblem(pattern: string): string | undefined {
  if (!FORM.test(pattern))
    return "expected a repository's name in lower case, with * (within a component) or ** (any depth)";
  return pattern.includes("***") ? "expected at most two stars together" : undefined;
}

/**
 * Whether names match the pattern: `*` is any run of characters without a slash, `**` any run. Takes time in proportion to name × pattern,
 * whatever they are.
 */
export function compileGlob(pattern: string): (name: string) => boolean {
  const parts = pattern.match(/\*\*|\*|./g) ?? [];
  /** With the places behind the wildcards among them, which may be nothing at all. */
  const reach = (places: readonly number[]): ReadonlySet<number> => {
    const reached = new Set(places);
    for (const place of reached) if (parts[place]?.startsWith("*")) reached.add(place + 1);
    return reached;
  };
  return (name) => {
    let places = reach([0]);
    for (const character of name)
      places = reach([...places].flatMap((place) => step(place, parts[place], character)));
    return places.has(parts.length);
  };
}

/** Where one more character leads from a place in the pattern. */
function step(place: number, part: string | undefined, character: string): readonly number[] {
  if (part === "**" || (part === "*" && character !== "/")) return [place];
  return part === character ? [place + 1] : [];
}
