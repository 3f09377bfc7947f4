/** What is known of one thing, by field; a field that does not apply is absent. */
export type Entry = Readonly<Record<string, string>>;

/** By absolute path. */
export type Tree = ReadonlyMap<string, Entry>;

/** Everything that two builders' images are compared by. */
export interface ImageFacts {
  readonly tree: Tree;
  /** Configuration, history and what else is no file, by name. */
  readonly document: Entry;
}

export interface Difference {
  /** "/a/b" for a thing that only one of them has, "/a/b mode", "history 0". */
  readonly at: string;
  readonly ours: string;
  readonly theirs: string;
}

export const NOTHING = "nothing";
/** In place of a time that the builder gave, not the source. */
export const STAMPED = "the build's";

/** What a build that made no image is compared by: that it failed, and at which instruction, counted from 1, if that is known. */
export const failureFacts = (instruction?: number): ImageFacts => ({
  tree: new Map(),
  document: {
    outcome: "an error",
    ...(instruction === undefined ? {} : { at: `instruction ${instruction}` }),
  },
});

export function differencesOf(ours: ImageFacts, theirs: ImageFacts): readonly Difference[] {
  const outcomes = [ours, theirs].map(({ document }) => document["outcome"] ?? "an image");
  const [one = "", other = ""] = outcomes;
  if (one !== other) return [{ at: "outcome", ours: one, theirs: other }];
  if (one === "an error") return inInstruction(ours.document["at"], theirs.document["at"]);
  const paths = [...new Set([...ours.tree.keys(), ...theirs.tree.keys()])].sort();
  const inTree = paths.flatMap((path) => ofEntries(path, ours.tree.get(path), theirs.tree.get(path)));
  return [...inTree, ...ofFields("", ours.document, theirs.document)];
}

const inInstruction = (ours?: string, theirs?: string): readonly Difference[] =>
  ours === undefined || theirs === undefined || ours === theirs ? [] : [{ at: "at", ours, theirs }];

function ofEntries(path: string, ours: Entry | undefined, theirs: Entry | undefined): readonly Difference[] {
  if (ours === undefined || theirs === undefined)
    return [{ at: path, ours: ours?.["type"] ?? NOTHING, theirs: theirs?.["type"] ?? NOTHING }];
  return ofFields(`${path} `, ours, theirs);
}

function ofFields(prefix: string, ours: Entry, theirs: Entry): readonly Difference[] {
  const fields = [...new Set([...Object.keys(theirs), ...Object.keys(ours)])];
  return fields
    .filter((field) => ours[field] !== theirs[field])
    .map((field) => ({
      at: prefix + field,
      ours: ours[field] ?? NOTHING,
      theirs: theirs[field] ?? NOTHING,
    }));
}
