import { mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname } from "node:path";
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
  mkdirSync(dirname(link), { recursive: true, mode: 0o755 });
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
function leadsTo(link: string, socket: string): boolean {
  try {
    return readlinkSync(link) === socket;
  } catch {
    return false;
  }
}
