import { isCode } from "../../../core/errors.ts";
import { resolveUser, type UserDatabase } from "../../../core/user.ts";
import type { Owner } from "./placement.ts";

const NUMBER = /^\d+$/;
/** Numbers and root need no entry in any file. */
const idOf = (name: string): string | undefined =>
  name === "root" ? "0" : NUMBER.test(name) ? name : undefined;

/**
 * Reads "user", "user:group", "uid" or "uid:gid" as BuildKit does for --chown and WORKDIR: a number is its own group, an unknown user is
 * root, and an unknown group is the user's own. `warn` is told of such names. Throws USER_ID_INVALID.
 */
export function ownerOf(text: string, users: UserDatabase, warn: (message: string) => void): Owner {
  const colon = text.indexOf(":");
  const user = colon === -1 ? text : text.slice(0, colon);
  const group = colon === -1 ? "" : text.slice(colon + 1);
  const id = idOf(user);
  const found = lookUp(id === undefined ? user : `${id}:${id}`, users);
  if (found === undefined) warn(`there is no user ${user} in /etc/passwd, so root is the owner`);
  const { uid, gid } = found ?? { uid: 0, gid: 0 };
  if (group === "") return { uid, gid };
  const named = lookUp(`0:${idOf(group) ?? group}`, users);
  if (named === undefined) warn(`there is no group ${group} in /etc/group, so group ${gid} is the owner`);
  return { uid, gid: named?.gid ?? gid };
}

function lookUp(text: string, users: UserDatabase): Owner | undefined {
  try {
    return resolveUser(text, users).user;
  } catch (error) {
    if (isCode(error, "USER_UNKNOWN") || isCode(error, "GROUP_UNKNOWN")) return undefined;
    throw error;
  }
}
