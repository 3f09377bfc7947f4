import { parseBoolean } from "../../core/go-boolean.ts";
import { quote } from "../dockerfile/characters.ts";
import { Problem } from "../dockerfile/problem.ts";

/** A commit of a repository, and what of it is taken. */
export interface GitSource {
  readonly kind: "git";
  /** As git takes it: a URL, or user@host:path. */
  readonly remote: string;
  /** A branch, tag, full ref or commit; "" is what the repository's HEAD names. */
  readonly ref: string;
  /** Taken instead of the whole, relative and clean; "" is the whole. */
  readonly directory: string;
  readonly keepGitDir: boolean;
  readonly submodules: boolean;
  /** What the commit's id begins with, if that is to be checked. */
  readonly checksum: string;
}

type Draft = { -readonly [K in keyof GitSource]: GitSource[K] };
type Reader = (draft: Draft, value: string, key: string) => void;

const setRef = (draft: Draft, ref: string): void => {
  if (draft.ref !== "" && draft.ref !== ref)
    throw new Problem(`ref conflicts: ${quote(draft.ref)} vs ${quote(ref)}`);
  draft.ref = ref;
};
const boolean = (value: string, key: string): boolean => {
  const parsed = value === "" ? true : parseBoolean(value);
  if (parsed === undefined) throw new Problem(`invalid ${key} value: ${value}`);
  return parsed;
};
const setChecksum: Reader = (draft, value) => {
  draft.checksum = value;
};

/** https://docs.docker.com/build/concepts/context/#url-queries */
const QUERIES: Readonly<Record<string, Reader | undefined>> = {
  ref: setRef,
  branch: (draft, value) => setRef(draft, `refs/heads/${value}`),
  tag: (draft, value) => setRef(draft, `refs/tags/${value}`),
  subdir: (draft, value) => {
    draft.directory = cleanDirectory(value);
  },
  checksum: setChecksum,
  commit: setChecksum,
  "keep-git-dir": (draft, value, key) => {
    draft.keepGitDir = boolean(value, key);
  },
  submodules: (draft, value, key) => {
    draft.submodules = boolean(value, key);
  },
};

/** Reads `remote[?query][#ref[:directory]]`. Throws a Problem. */
export function parseGitSource(text: string): GitSource {
  const [rest, fragment = ""] = splitOnce(text, "#");
  const [remote, query] = splitOnce(rest, "?");
  const draft: Draft = {
    kind: "git",
    remote: remote.startsWith("github.com/") ? `https://${remote}` : remote,
    ref: "",
    directory: "",
    keepGitDir: false,
    submodules: true,
    checksum: "",
  };
  const [ref, directory = ""] = splitOnce(fragment, ":");
  if (ref !== "") draft.ref = ref;
  if (directory !== "") draft.directory = cleanDirectory(directory);
  for (const [key, values] of queries(query)) {
    const read = Object.hasOwn(QUERIES, key) ? QUERIES[key] : undefined;
    if (read === undefined) throw new Problem(`unexpected query ${quote(key)}`);
    if (values.length > 1) throw new Problem(`query ${quote(key)} has multiple values`);
    read(draft, values[0] ?? "", key);
  }
  // Git would take it for an option.
  for (const value of [draft.ref, draft.remote])
    if (value.startsWith("-")) throw new Problem(`invalid git source ${quote(value)}`);
  if (draft.checksum !== "" && !/^[0-9a-f]{4,64}$/.test(draft.checksum))
    throw new Problem(`invalid checksum ${quote(draft.checksum)}, expected hex commit hash`);
  return draft;
}

function queries(query: string | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const [key, value] of new URLSearchParams(query ?? ""))
    found.set(key, [...(found.get(key) ?? []), value]);
  return found;
}

function splitOnce(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function cleanDirectory(text: string): string {
  const parts: string[] = [];
  for (const part of text.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
