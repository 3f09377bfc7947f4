import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { ifThere } from "../core/if-there.ts";
import { rootSocket } from "../core/root-socket.ts";

const SCHEME = "unix://";

/**
 * Lets those who may not read a state root, and may use the daemon that owns it, find that by the root's name, until disposed. Nothing for a
 * daemon that is not root's, or has no socket in the file system.
 */
export function linkRoot(root: string, hosts: readonly string[]): Disposable {
  const socket = hosts.find((host) => host.startsWith(SCHEME))?.slice(SCHEME.length);
  if (socket === undefined || process.getuid?.() !== 0) return { [Symbol.dispose]: () => undefined };
  const link = rootSocket(root);
  const folder = dirname(link);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  removeDangling(folder);
  const made = `${link}.${process.pid}`;
  rmSync(made, { force: true });
  symlinkSync(socket, made);
  renameSync(made, link);
  return {
    [Symbol.dispose]: () => {
      if (leadsTo(link, socket)) rmSync(link, { force: true });
    },
  };
}

/** Another daemon may have taken the root since. */
const leadsTo = (link: string, socket: string): boolean => ifThere(() => readlinkSync(link)) === socket;

/** What daemons left that were killed, once their sockets are gone. A daemon's socket is there before its link. */
function removeDangling(folder: string): void {
  for (const name of readdirSync(folder)) {
    const link = join(folder, name);
    if (!existsSync(link)) rmSync(link, { force: true });
  }
}
