import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { Failure } from "../../../core/errors.ts";
import type { SshMount } from "../../plan/step.ts";
import type { SshSource } from "../../ports.ts";
import type { Prepared, Preparing } from "./prepare-mounts.ts";

/** A command that opens more connections to an agent at a time is refused. */
const MAX_CONNECTIONS = 64;

/**
 * Puts a socket of an ssh agent into the container. Without an agent of that id there is none, unless it is required; the variable names the
 * place all the same, as BuildKit's does.
 */
export async function prepareSsh(mount: SshMount, preparing: Preparing): Promise<Prepared> {
  const { context, signal, undo, step } = preparing;
  const { id, target, required, owner } = mount;
  const { ssh } = context;
  const isFirst = step.mounts.find(({ kind }) => kind === "ssh") === mount;
  const env = isFirst ? [`SSH_AUTH_SOCK=${target}`] : [];
  if (ssh === undefined || !(await ssh.has(id, { signal }))) {
    if (required) throw new Failure("SSH_AGENT_UNKNOWN", { id });
    return { env };
  }
  // Not below the state root: a socket's path may have 107 bytes only.
  const directory = mkdtempSync(join(tmpdir(), "slipway-ssh-"));
  undo.add(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "agent.sock");
  const server = await listen(path, (socket) => connect(socket, { ssh, id, signal }));
  undo.add(() => server.close());
  chownSync(path, owner.uid, owner.gid);
  chmodSync(path, owner.mode);
  return { mounts: [{ kind: "host", target, path, readOnly: true }], env };
}

interface Agent {
  readonly ssh: SshSource;
  readonly id: string;
  readonly signal: AbortSignal;
}

function connect(socket: Socket, { ssh, id, signal }: Agent): void {
  socket.on("error", () => socket.destroy());
  ssh.connect(id, { signal }).then(
    (agent) => {
      const end = (): void => {
        socket.destroy();
        agent.destroy();
      };
      pipeline(socket, agent, () => undefined);
      pipeline(agent, socket, end);
    },
    // The command sees an agent that hangs up; what it makes of that is told in its own output.
    () => socket.destroy(),
  );
}

async function listen(path: string, onConnection: (socket: Socket) => void): Promise<ListeningServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
interface ListeningServer {
  readonly close: () => void;
}
