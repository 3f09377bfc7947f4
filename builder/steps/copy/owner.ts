import { resolveUser, type UserDatabase } from "../../../core/user.ts";
import type { Owner } from "./placement.ts";

const NUMBER = /^\d+$/;
/** Numbers and root need no entry in any file. */
const idOf = (name: string): string | undefined =>
  name === "root" ? "0" : NUMBER.test(name) ? name : undefined;

/**
 * Reads "user", "user:group", "uid" or "uid:gid" as BuildKit does for --chown and WORKDIR: a number is its own group. An unknown name is
 * refused, where BuildKit silently gives the files to root. Throws USER_UNKNOWN, GROUP_UNKNOWN, USER_ID_INVALID.
 */
export function ownerOf(text: string, users: UserDatabase): Owner {
  const colon = text.indexOf(":");
  const user = colon === -1 ? text : text.slice(0, colon);
  const group = colon === -1 ? "" : text.slice(colon + 1);
  const id = idOf(user);
  const found = resolveUser(id === undefined ? user : `${id}:${id}`, users).user;
  if (group === "") return { uid: found.uid, gid: found.gid };
  const { gid } = resolveUser(`0:${idOf(group) ?? group}`, users).user;
  return { uid: found.uid, gid };
}
