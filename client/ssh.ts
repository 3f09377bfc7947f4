import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { formatEngineAddress, type SshAddress } from "../core/engine-address.ts";
import { Failure } from "../core/errors.ts";

const CONNECT_TIMEOUT_S = 30;
const DIAL = "system dial-stdio";
/** Of what ssh says about a connection that it could not make. */
const WORDS = 4096;
/** Means the same to every shell. */
const PLAIN_PATH = /^\/[\w./@:+-]+$/;

/** The program of the other side that carries bytes to its daemon's socket: ours, else docker's. Its shell may be any. */
function remoteCommand({ socket }: SshAddress): string {
  const host = socket === undefined ? "" : `-H unix://${socket} `;
  const [own, other] = ["slipway", "docker"].map((program) => `exec ${program} ${host}${DIAL}`);
  return `sh -c 'if command -v slipway >/dev/null 2>&1; then ${own}; else ${other}; fi'`;
}

/** The arguments of the `ssh` program. Throws OPTION_INVALID for a path that a shell there would read in its own way. */
export function sshArguments(address: SshAddress): readonly string[] {
  const { user, host, port, socket } = address;
  if (socket !== undefined && !PLAIN_PATH.test(socket))
    throw new Failure("OPTION_INVALID", {
      option: "the daemon's address",
      got: formatEngineAddress(address),
      want: "a path of letters, digits and ./@:+-_",
    });
  return [
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "-o",
    `ConnectTimeout=${CONNECT_TIMEOUT_S}`,
    "-T",
    "--",
    host,
    remoteCommand(address),
  ];
}

/** A connection to a daemon's socket on another machine, by the user's own ssh. It fails with DAEMON_UNREACHABLE, in ssh's words. */
export const dialSsh = (address: SshAddress): Duplex => new SshSocket(address);

class SshSocket extends Duplex {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #address: SshAddress;
  #said = "";

  constructor(address: SshAddress) {
    super({ allowHalfOpen: true });
    this.#address = address;
    // In a session of its own: a Ctrl-C is for the command, which decides what becomes of its connections.
    this.#child = spawn("ssh", sshArguments(address), { detached: true });
    const { stdin, stdout, stderr } = this.#child;
    stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) stdout.pause();
    });
    stderr.on("data", (chunk: Buffer) => {
      this.#said = `${this.#said}${chunk.toString()}`.slice(-WORDS);
    });
    // What went wrong is told when the program ends.
    stdin.on("error", () => undefined);
    this.#child.once("error", (cause) => this.destroy(this.#failure(cause.message, cause)));
    this.#child.once("close", (code) => this.#ended(code));
  }

  override _read(): void {
    this.#child.stdout.resume();
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    // A write that fails is one after the end, which says why.
    this.#child.stdin.write(chunk, () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#child.kill();
    done(error);
  }

  // What node:http asks of a socket that it keeps.
  setKeepAlive(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  #ended(code: number | null): void {
    if (this.destroyed) return;
    if (code === 0) this.push(null);
    else this.destroy(this.#failure(this.#said.trim() || `ssh ended with ${code}`));
  }

  #failure(why: string, cause?: unknown): Failure {
    const address = formatEngineAddress(this.#address);
    return new Failure("DAEMON_UNREACHABLE", { address, why }, cause === undefined ? {} : { cause });
  }
}
