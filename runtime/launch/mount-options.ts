import { ATTR, MS } from "./flags.ts";

/** fstab's option words, sorted by what the kernel takes them as. */
export interface MountOptions {
  /** MOUNT_ATTR_* to set and to clear. */
  readonly set: number;
  readonly clear: number;
  /** One of them was to hold for the mounts below, too ("rro"). */
  readonly attributesRecursive: boolean;
  /** MS_PRIVATE and the like; 0 when none was named. */
  readonly propagation: number;
  readonly propagationRecursive: boolean;
  /** "bind" or "rbind" was among them. */
  readonly bind: false | "plain" | "recursive";
  /** What the filesystem itself is told. */
  readonly data: readonly string[];
}

type Word = readonly [set: number, clear: number];
const ATTRIBUTE_WORDS: Readonly<Record<string, Word>> = {
  ro: [ATTR.readonly, 0],
  rw: [0, ATTR.readonly],
  nosuid: [ATTR.nosuid, 0],
  suid: [0, ATTR.nosuid],
  nodev: [ATTR.nodev, 0],
  dev: [0, ATTR.nodev],
  noexec: [ATTR.noexec, 0],
  exec: [0, ATTR.noexec],
  noatime: [ATTR.noatime, ATTR.accessTimes],
  atime: [0, ATTR.accessTimes],
  relatime: [0, ATTR.accessTimes],
  norelatime: [0, ATTR.accessTimes],
  strictatime: [ATTR.strictatime, ATTR.accessTimes],
  nostrictatime: [0, ATTR.accessTimes],
  nodiratime: [ATTR.nodiratime, 0],
  diratime: [0, ATTR.nodiratime],
  nosymfollow: [ATTR.nosymfollow, 0],
  symfollow: [0, ATTR.nosymfollow],
};

const PROPAGATION_WORDS: Readonly<Record<string, number>> = {
  private: MS.private,
  shared: MS.shared,
  slave: MS.slave,
  unbindable: MS.unbindable,
};

const BIND_WORDS: ReadonlyMap<string, MountOptions["bind"]> = new Map([
  ["bind", "plain"],
  ["rbind", "recursive"],
]);

/** A word and its recursive form, which begins with an "r" ("ro", "rro"; "private", "rprivate"). */
function lookUp<T>(
  table: Readonly<Record<string, T>>,
  word: string,
): { readonly value: T; readonly recursive: boolean } | undefined {
  const plain = Object.hasOwn(table, word) ? table[word] : undefined;
  if (plain !== undefined) return { value: plain, recursive: false };
  const rest = word.slice(1);
  const recursive = word.startsWith("r") && Object.hasOwn(table, rest) ? table[rest] : undefined;
  return recursive === undefined ? undefined : { value: recursive, recursive: true };
}

/** Words that say nothing. */
const EMPTY_WORDS: ReadonlySet<string> = new Set(["defaults", ""]);

/** Undefined for a word that is none of fstab's own. */
function withWord(options: MountOptions, word: string): MountOptions | undefined {
  const bind = BIND_WORDS.get(word);
  if (bind !== undefined) return { ...options, bind };
  const propagation = lookUp(PROPAGATION_WORDS, word);
  if (propagation !== undefined)
    return { ...options, propagation: propagation.value, propagationRecursive: propagation.recursive };
  const attribute = lookUp(ATTRIBUTE_WORDS, word);
  if (attribute === undefined) return EMPTY_WORDS.has(word) ? options : undefined;
  const [set, clear] = attribute.value;
  return {
    ...options,
    // A later word takes an earlier one back. The access time modes are one field, which is cleared to be set.
    set: (options.set & ~clear) | set,
    clear: (options.clear & ~set) | clear,
    attributesRecursive: options.attributesRecursive || attribute.recursive,
  };
}

const NO_OPTIONS: MountOptions = {
  set: 0,
  clear: 0,
  attributesRecursive: false,
  propagation: 0,
  propagationRecursive: false,
  bind: false,
  data: [],
};

export function parseMountOptions(words: readonly string[]): MountOptions {
  // An overlay has a word for each of its layers.
  const data: string[] = [];
  let options = NO_OPTIONS;
  for (const word of words) {
    const next = withWord(options, word);
    if (next === undefined) data.push(word);
    else options = next;
  }
  return { ...options, data };
}
