import type { Difference } from "./image-facts.ts";

/** What is not as recorded in one case, and is not meant to be. */
export interface Explanation {
  /** By the name of its record. */
  readonly case: string;
  /** As `Difference` names it. */
  readonly at: readonly string[];
  readonly reason: string;
  /** What BuildKit does is different from both. */
  readonly unlikeBuildKit?: true;
}

const ATTRIBUTES = "attributes of the user's are kept; the engine's layers have none";
const EXCEPTIONS = "exceptions hold below ignored directories, as in BuildKit";
const KINDS = "a link and a directory do not replace each other, as in BuildKit";
const IGNORED = "a directory that holds nothing but ignored files is there, as in BuildKit";
const SLASH = "the configuration has the directory as written, as in BuildKit";

const below = (folder: string, ...names: readonly string[]): readonly string[] =>
  names.map((name) => `${folder}/${name}`);

export const WITHOUT_BASE: readonly Explanation[] = [
  {
    case: "xattrs-file-in-context",
    at: ["/subdir1/xattrs-file xattr user.a", "/subdir2/xattrs-file xattr user.a"],
    reason: ATTRIBUTES,
    unlikeBuildKit: true,
  },
  {
    case: "xattrs-file-in-archive",
    at: ["/xattr-file xattr user.a"],
    reason: ATTRIBUTES,
    unlikeBuildKit: true,
  },
  {
    case: "xattrs-file-in-other-stage",
    at: ["/xattrs-file xattr user.a"],
    reason: ATTRIBUTES,
    unlikeBuildKit: true,
  },
  {
    case: "add-parent-symlink",
    at: ["outcome"],
    reason:
      "a link that leads out of an archive is held inside it; the recorded engine's language forbids it",
    unlikeBuildKit: true,
  },
  {
    case: "copy-multiple-missing-file-with-nomatch-on-glob",
    at: ["outcome"],
    reason: "a pattern may match nothing, as in BuildKit",
  },
  {
    case: "dockerignore-exclude-kind-of-deep-subdir-dot",
    at: [
      "/subdir/subdir-e",
      "/subdir/subdir-e/subdir-f",
      ...below("/subdir/subdir-e/subdir-f", "file-a.txt", "file-n.txt", "file-o.txt", "subdir-g"),
      "/subdir/subdir-e/subdir-f/subdir-g/subdir-b",
    ],
    reason: EXCEPTIONS,
  },
  {
    case: "dockerignore-exclude-kind-of-deep-subdir-star",
    at: [
      "/subdir/subdir-f",
      ...below("/subdir/subdir-f", "file-a.txt", "file-n.txt", "file-o.txt", "subdir-g"),
      "/subdir/subdir-f/subdir-g/subdir-b",
    ],
    reason: EXCEPTIONS,
  },
  {
    case: "dockerignore-exclude-deep-subdir-dot#01",
    at: below("/subdir/subdir-e", "subdir-f", "subdir-f/subdir-g", "subdir-f/subdir-g/subdir-b"),
    reason: EXCEPTIONS,
  },
  {
    case: "dockerignore-exclude-deep-subdir-star#01",
    at: below("/subdir", "subdir-f", "subdir-f/subdir-g", "subdir-f/subdir-g/subdir-b"),
    reason: EXCEPTIONS,
  },
  { case: "dockerignore-allowlist-alternating-nothing", at: ["at"], reason: IGNORED },
  { case: "dockerignore-allowlist-alternating-other", at: ["at"], reason: IGNORED },
  { case: "tar-g", at: ["/tmp"], reason: "buildah adds a directory of its own; BuildKit does not" },
  { case: "replace-symlink-with-directory", at: ["outcome"], reason: KINDS },
  { case: "replace-directory-with-symlink", at: ["outcome"], reason: KINDS },
  { case: "replace-symlink-with-directory-subdir", at: ["outcome"], reason: KINDS },
  { case: "replace-directory-with-symlink-subdir", at: ["outcome"], reason: KINDS },
];

export const WITH_BASE: readonly Explanation[] = [
  {
    case: "edgecases",
    at: ["history's layers"],
    reason: "ONBUILD has no place in the history, as in BuildKit",
  },
  { case: "ci-pipeline-modified", at: ["config WorkingDir"], reason: SLASH },
  { case: "workdir_with_trailing_separator", at: ["config WorkingDir"], reason: SLASH },
  { case: "copy-integration1", at: ["outcome"], reason: EXCEPTIONS },
  {
    case: "dockerignore-exceptions-skip",
    at: ["/volume", "/volume/data", "/volume/data/oneline.txt"],
    reason: EXCEPTIONS,
  },
  {
    case: "dockerignore-exceptions-weirdness-1",
    at: ["/newdir/subdir", "/newdir/subdir/sub1.txt"],
    reason: EXCEPTIONS,
  },
  {
    case: "builtins",
    at: ["/2.txt size", "/2.txt content", "/3.txt size", "/3.txt content"],
    reason: "they are files of the base image",
  },
  {
    case: "mount-targets-new",
    at: ["/dev", "/proc", "/sys"],
    reason: "a container leaves no mount points in an image",
    unlikeBuildKit: true,
  },
  {
    case: "mount-targets-mount",
    at: ["/dev", "/proc", "/sys"],
    reason: "a container leaves no mount points in an image",
    unlikeBuildKit: true,
  },
];

/** What differs and is not explained, and what is explained and does not differ. */
export function unexplained(differences: readonly Difference[], at: readonly string[]): readonly string[] {
  const different = differences.filter((each) => !at.includes(each.at));
  const equal = at.filter((one) => !differences.some((each) => each.at === one));
  return [
    ...different.map(({ at: where, ours, theirs }) => `${where}: ${ours} here, ${theirs} there`),
    ...equal.map((one) => `${one}: explained, but equal`),
  ];
}
