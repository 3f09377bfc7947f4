import { spawn } from "node:child_process";
import { Failure } from "../../../core/errors.ts";
import type { Environment } from "../http/proxies.ts";

export interface HelperCredentials {
  readonly username: string;
  readonly secret: string;
}

const NAME = /^[A-Za-z0-9._-]+$/;
const OUTPUT_LIMIT = 64 << 10;
/** A helper may ask its user for a password. */
const PATIENCE_MS = 120_000;
/** What helpers say when they know nothing of a server: github.com/docker/docker-credential-helpers, credentials/error.go */
const UNKNOWN = "credentials not found in native keychain";

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "executable file not found in $PATH",
  ABORT_ERR: `no answer within ${PATIENCE_MS / 1000} seconds`,
};

/** A program docker-credential-<name>: https://github.com/docker/docker-credential-helpers#development */
export class CredentialHelper {
  readonly #program: string;
  readonly #env: Environment;

  /** Throws CREDENTIAL_HELPER_FAILED for what is no name of a program. */
  constructor(name: string, env: Environment) {
    this.#program = `docker-credential-${name}`;
    this.#env = env;
    if (!NAME.test(name)) throw this.#failure(`expected letters, digits, ".", "_" and "-" in its name`);
  }

  #failure(why: string): Failure {
    return new Failure("CREDENTIAL_HELPER_FAILED", { helper: this.#program, why });
  }

  async get(server: string): Promise<HelperCredentials | undefined> {
    const { code, output } = await this.#run("get", server);
    if (code !== 0) {
      if (output.includes(UNKNOWN)) return undefined;
      throw this.#failure(firstLine(output));
    }
    try {
      const answer = JSON.parse(output) as Readonly<Record<string, unknown>>;
      const { Username: username, Secret: secret } = answer;
      if (typeof username === "string" && typeof secret === "string") return { username, secret };
    } catch {
      // Not quoted: it may hold a secret.
    }
    throw this.#failure("expected an answer with Username and Secret");
  }

  async store(server: string, { username, secret }: HelperCredentials): Promise<void> {
    const { code, output } = await this.#run(
      "store",
      JSON.stringify({ ServerURL: server, Username: username, Secret: secret }),
    );
    if (code !== 0) throw this.#failure(firstLine(output));
  }

  /** Idempotent. */
  async erase(server: string): Promise<void> {
    const { code, output } = await this.#run("erase", server);
    if (code !== 0 && !output.includes(UNKNOWN)) throw this.#failure(firstLine(output));
  }

  #run(action: string, input: string): Promise<{ readonly code: number; readonly output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, [action], {
        stdio: ["pipe", "pipe", "inherit"],
        env: { ...this.#env },
        // Not "timeout": its timer stays when the program cannot be started, and keeps the process alive.
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const chunks: Buffer[] = [];
      let size = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        size += chunk.byteLength;
        if (size > OUTPUT_LIMIT) child.kill("SIGKILL");
        else chunks.push(chunk);
      });
      // One that ends without reading says why by its status.
      child.stdin.on("error", () => undefined);
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(this.#failure(WHY[error.code ?? ""] ?? error.message));
      });
      child.once("close", (code) =>
        resolve({ code: code ?? -1, output: Buffer.concat(chunks).toString().trim() }),
      );
      child.stdin.end(input);
    });
  }
}

const firstLine = (text: string): string =>
  text.split("\n", 1)[0]?.slice(0, 300) || "failed without a message";
