import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { plainTar } from "./archives.ts";

const FILES: Readonly<Record<string, string | Buffer>> = {
  "/files/plain.txt": "from the web\n",
  "/files/archive.tar.gz": plainTar(),
};
const MODIFIED = "Tue, 02 Jan 2001 03:04:05 GMT";

/** Whoever commits at that time makes the same commit everywhere. */
const GIT_ENVIRONMENT = {
  GIT_AUTHOR_DATE: "2001-01-02T03:04:05Z",
  GIT_COMMITTER_DATE: "2001-01-02T03:04:05Z",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
};

/** The files of FILES, and a repository at /repo.git, behind HTTP. */
export class Web implements AsyncDisposable {
  readonly commit: string;
  readonly #folder: string;
  readonly #server: Server;

  private constructor(folder: string) {
    this.#folder = folder;
    this.commit = makeRepository(folder);
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** `folder` is made. */
  static async open(folder: string): Promise<Web> {
    const web = new Web(folder);
    await new Promise<void>((resolve) => web.#server.listen(0, "127.0.0.1", resolve));
    return web;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, search } = new URL(request.url ?? "", "http://web");
    const content = FILES[pathname];
    if (pathname.startsWith("/repo.git/")) this.#git(request, response, { pathname, search });
    else if (content === undefined) response.writeHead(404).end();
    else response.writeHead(200, { "last-modified": MODIFIED }).end(content);
  }

  /** https://git-scm.com/docs/git-http-backend, a CGI program: https://datatracker.ietf.org/doc/html/rfc3875 */
  #git(
    request: IncomingMessage,
    response: ServerResponse,
    { pathname, search }: { readonly pathname: string; readonly search: string },
  ): void {
    const backend = spawn("git", ["http-backend"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => writeCgiAnswer(Buffer.concat(chunks), response));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function writeCgiAnswer(answer: Buffer, response: ServerResponse): void {
  const end = answer.indexOf("\r\n\r\n");
  const fields = answer
    .subarray(0, end)
    .toString()
    .split("\r\n")
    .map((line) => line.split(": ") as [name: string, value: string]);
  const status = fields.find(([name]) => name === "Status")?.[1] ?? "200";
  for (const [name, value] of fields) if (name !== "Status") response.setHeader(name, value);
  response.writeHead(Number.parseInt(status, 10)).end(answer.subarray(end + "\r\n\r\n".length));
}

/** Makes repo.git with a branch "main" and a tag "v1" before its last commit. Returns the last commit. */
function makeRepository(folder: string): string {
  const work = join(folder, "work");
  mkdirSync(join(work, "sub"), { recursive: true });
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-C", work, "-c", "user.name=n", "-c", "user.email=e@e", ...args], {
      encoding: "utf8",
      env: { ...process.env, ...GIT_ENVIRONMENT },
    }).trim();
  git("init", "-q", "-b", "main", ".");
  writeFileSync(join(work, "file"), "one\n");
  writeFileSync(join(work, "sub", "run"), "#!/bin/sh\n", { mode: 0o755 });
  git("add", ".");
  git("commit", "-qm", "one");
  git("tag", "v1");
  writeFileSync(join(work, "file"), "two\n");
  git("commit", "-qam", "two");
  git("clone", "-q", "--bare", work, join(folder, "repo.git"));
  return git("rev-parse", "HEAD");
}
