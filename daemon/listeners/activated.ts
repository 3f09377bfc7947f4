import { readFileSync, readlinkSync } from "node:fs";
import { Failure } from "../../core/errors.ts";

/** A listening socket that systemd opened and handed over. */
export interface ActivatedSocket {
  readonly fd: number;
  readonly name: string;
  readonly kind: "unix" | "tcp";
}

/** https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html */
const FIRST = 3;
const MOST = 1000;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The sockets that an address "fd://…" means: all, that of a name, or that of a number.
 * Throws OPTION_INVALID when there are none for this process.
 */
export function activatedSockets(which: string, env: Environment): readonly ActivatedSocket[] {
  const count = Number(env["LISTEN_FDS"] ?? 0);
  const mine = Number(env["LISTEN_PID"]) === process.pid && count >= 1 && count <= MOST;
  const names = (env["LISTEN_FDNAMES"] ?? "").split(":");
  const all = Array.from({ length: mine ? count : 0 }, (_, i) => ({ fd: FIRST + i, name: names[i] ?? "" }));
  const wanted = all.filter(
    ({ fd, name }) => which === "" || which === "*" || which === name || which === String(fd),
  );
  if (wanted.length === 0)
    throw new Failure("OPTION_INVALID", {
      option: "--host",
      got: `fd://${which}`,
      want: "a socket that systemd opened for this process (LISTEN_PID, LISTEN_FDS)",
    });
  return wanted.map((socket) => ({ ...socket, kind: kindOf(socket.fd) }));
}

function kindOf(fd: number): ActivatedSocket["kind"] {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  if (inode === undefined)
    throw new Failure("OPTION_INVALID", { option: "--host", got: `fd://${fd}`, want: "a socket" });
  // The seventh column of proc_net_unix(5).
  const unix = readFileSync("/proc/net/unix", "utf8").split("\n");
  return unix.some((line) => line.split(/\s+/)[6] === inode) ? "unix" : "tcp";
}
