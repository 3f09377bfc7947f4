import { Failure } from "./errors.ts";
import type { UserSpec } from "./process.ts";

/** One line of passwd(5). */
export interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** One line of group(5). */
export interface GroupEntry {
  readonly name: string;
  readonly gid: number;
  readonly members: readonly string[];
}

/** Texts of /etc/passwd and /etc/group of a root filesystem; absent files are left out. */
export interface UserDatabase {
  readonly passwd?: string | undefined;
  readonly group?: string | undefined;
}

export interface ResolvedUser {
  readonly user: UserSpec;
  /** Value of HOME: "/" for a user that passwd does not list. */
  readonly home: string;
}

const NUMBER = /^[+-]?\d+$/;
const MAX_ID = 2 ** 31 - 1;

/** Splits a colon-separated file into rows; damaged rows keep the fields they have. */
const rows = (text: string): readonly (readonly string[])[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => line.split(":"));

const toNumber = (field: string | undefined): number =>
  field !== undefined && NUMBER.test(field) ? Number(field) : 0;

export const parsePasswd = (text: string): readonly PasswdEntry[] =>
  rows(text).map(([name = "", , uid, gid, , home = ""]) => ({
    name,
    uid: toNumber(uid),
    gid: toNumber(gid),
    home,
  }));

export const parseGroup = (text: string): readonly GroupEntry[] =>
  rows(text).map(([name = "", , gid, members = ""]) => ({
    name,
    gid: toNumber(gid),
    members: members === "" ? [] : members.split(","),
  }));

function checkedId(text: string): number {
  const id = Number(text);
  if (id < 0 || id > MAX_ID) throw new Failure("USER_ID_INVALID", { text });
  return id;
}

interface FoundUser {
  readonly name: string | undefined;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** A number is looked up as a uid only, never as a name; an empty text is uid 0. */
function findUser(text: string, passwd: readonly PasswdEntry[]): FoundUser {
  const wanted = text === "" ? "0" : text;
  const uid = NUMBER.test(wanted) ? Number(wanted) : undefined;
  const entry = passwd.find((each) => (uid === undefined ? each.name === wanted : each.uid === uid));
  if (entry !== undefined) return { ...entry, home: entry.home === "" ? "/" : entry.home };
  if (uid === undefined) throw new Failure("USER_UNKNOWN", { user: text });
  return { name: undefined, uid: checkedId(wanted), gid: 0, home: "/" };
}

function findGroup(text: string, groups: readonly GroupEntry[]): number {
  const gid = NUMBER.test(text) ? Number(text) : undefined;
  const entry = groups.find((each) => (gid === undefined ? each.name === text : each.gid === gid));
  if (entry !== undefined) return entry.gid;
  if (gid === undefined) throw new Failure("GROUP_UNKNOWN", { group: text });
  return checkedId(text);
}

/**
 * Resolves "", "user", "user:group", "uid" or "uid:gid" as Docker does for USER and --user: a user of passwd brings its group and
 * its supplementary groups, unless a group is named; an unlisted uid has group 0. The group is always part of `additionalGids`,
 * so that dropping it cannot widen access. Throws USER_UNKNOWN, GROUP_UNKNOWN, USER_ID_INVALID.
 */
export function resolveUser(text: string, database: UserDatabase): ResolvedUser {
  const colon = text.indexOf(":");
  const userText = colon === -1 ? text : text.slice(0, colon);
  const groupText = colon === -1 ? "" : text.slice(colon + 1);
  const found = findUser(userText, parsePasswd(database.passwd ?? ""));
  const groups = parseGroup(database.group ?? "");
  const gid = groupText === "" ? found.gid : findGroup(groupText, groups);
  const listed = (group: GroupEntry) => found.name !== undefined && group.members.includes(found.name);
  const supplementary = groupText === "" ? groups.filter(listed).map((group) => group.gid) : [];
  return {
    user: { uid: found.uid, gid, additionalGids: [...new Set([gid, ...supplementary])] },
    home: found.home,
  };
}

/** The user with further groups, each a name or number. Throws GROUP_UNKNOWN, USER_ID_INVALID. */
export function withGroups(
  { user, home }: ResolvedUser,
  names: readonly string[],
  { group = "" }: UserDatabase,
): ResolvedUser {
  const groups = parseGroup(group);
  const more = names.map((name) => findGroup(name, groups));
  return { user: { ...user, additionalGids: [...new Set([...(user.additionalGids ?? []), ...more])] }, home };
}
