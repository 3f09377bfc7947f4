import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { findGroup } from "./groups.ts";
import { listening } from "./listening.ts";

const MODE = 0o660;

export interface UnixOptions {
  /** Who may use it besides its owner: a name or a number. Left to root where the group does not exist and was not asked for. */
  readonly group: { readonly name: string; readonly required: boolean };
}

/**
 * Listens on a socket in the file system, in place of one that nobody serves any more; it is removed when the server has closed, unless another
 * is there by then. Rejects with PORT_TAKEN, GROUP_UNKNOWN.
 */
export async function listenUnix(server: Server, path: string, { group }: UnixOptions): Promise<void> {
  const gid = findGroup(readFileSync("/etc/group", "utf8"), group.name);
  if (gid === undefined && group.required) throw new Failure("GROUP_UNKNOWN", { group: group.name });
  if (await isServed(path)) throw new Failure("PORT_TAKEN", { binding: path, why: "address already in use" });
  mkdirSync(dirname(path), { recursive: true });
  // libuv removes the name that it bound, whosever socket has it then. So it gets one that nobody else has.
  const made = join(dirname(path), `.${randomBytes(4).toString("hex")}`);
  // Between its making and its mode nobody else may connect.
  const mask = process.umask(0o177);
  try {
    await listening(server, { path: made });
  } finally {
    process.umask(mask);
  }
  if (gid !== undefined && process.getuid?.() === 0) chownSync(made, 0, gid);
  chmodSync(made, MODE);
  renameSync(made, path);
  const own = identityOf(path);
  server.once("close", () => {
    if (identityOf(path) === own) rmSync(path, { force: true });
  });
}

/** Which file it is; undefined where there is none. */
function identityOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
