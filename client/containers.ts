import { parseDigest } from "../core/digest.ts";
import type { Document } from "../core/document.ts";
import { Failure, isKind } from "../core/errors.ts";
import { mapLimited } from "../core/map-limited.ts";
import { formatPlatform } from "../core/platform.ts";
import type { Abortable, ByteStream } from "../core/streams.ts";
import type {
  ContainerCreate,
  ContainerFilter,
  ContainerInfo,
  ContainerService,
  ContainerUpdate,
  ExecCreate,
  LogQuery,
  StatsOptions,
  TerminalSize,
} from "../engine/api.ts";
import { changes, readArchive, statPath, writeArchive } from "./container-files.ts";
import { attach, readLogs } from "./container-streams.ts";
import { readContainer } from "./documents/container.ts";
import { createBody } from "./documents/create-body.ts";
import { splitReference } from "./documents/reference.ts";
import type { RemoteExecs } from "./execs.ts";
import { child, number, text, texts } from "./http/fields.ts";
import { jsonLines } from "./http/lines.ts";
import { filtersText, segment } from "./http/query.ts";
import type { ApiRequest, Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

/** How many containers are looked at at once. */
const LOOKS = 8;

type StopOptions = Parameters<ContainerService["stop"]>[1];
type CommitOptions = Parameters<ContainerService["commit"]>[1];

export class RemoteContainers implements ContainerService {
  readonly #transport: Transport;
  readonly #execs: RemoteExecs;
  /** Waits that the daemon may not know of yet. */
  readonly #unanswered = new Set<Promise<unknown>>();

  constructor(transport: Transport, execs: RemoteExecs) {
    this.#transport = transport;
    this.#execs = execs;
  }

  // ── life ──────────────────────────────────────────────────────────────────────────────────────────
  async create({ name, platform, ...request }: ContainerCreate, options?: Abortable) {
    const query = { name, platform: platform && formatPlatform(platform) };
    const asked = { method: "POST", path: "/containers/create", query, json: createBody(request) } as const;
    const document = await this.#transport.document(asked, options);
    return { id: text(document, "Id"), warnings: texts(document, "Warnings") };
  }

  async revive(): Promise<never> {
    throw lacks("taking up the work of another daemon");
  }

  async start(container: string): Promise<readonly string[]> {
    // Whoever waits for the next end must not miss it.
    await Promise.allSettled(this.#unanswered);
    await this.#do(container, "start");
    // The daemon keeps to itself what its host cannot do.
    return [];
  }

  stop(container: string, options?: StopOptions): Promise<void> {
    return this.#do(container, "stop", stopQuery(options));
  }

  async restart(container: string, options?: StopOptions): Promise<readonly string[]> {
    await this.#do(container, "restart", stopQuery(options));
    return [];
  }

  kill(container: string, signal: string): Promise<void> {
    return this.#do(container, "kill", { signal });
  }

  pause(container: string): Promise<void> {
    return this.#do(container, "pause");
  }

  unpause(container: string): Promise<void> {
    return this.#do(container, "unpause");
  }

  rename(container: string, name: string): Promise<void> {
    return this.#do(container, "rename", { name });
  }

  async wait(
    container: string,
    condition: "not-running" | "next-exit" | "removed" = "not-running",
    options: Abortable = {},
  ) {
    const sent = this.#transport.send(at(container, "POST", "wait", { condition }), options);
    this.#unanswered.add(sent);
    const { body } = await sent.finally(() => this.#unanswered.delete(sent));
    for await (const { document } of jsonLines(this.#transport.bytes(body, options))) {
      const error = text(child(document, "Error"), "Message");
      return { exitCode: number(document, "StatusCode"), ...(error === "" ? {} : { error }) };
    }
    throw new Failure("DAEMON_ANSWER_INVALID", { why: "waiting ended without an exit code" });
  }

  async update(container: string, update: ContainerUpdate): Promise<readonly string[]> {
    const asked = { ...at(container, "POST", "update"), json: update };
    return texts(await this.#transport.document(asked), "Warnings");
  }

  remove(
    container: string,
    { force, volumes }: { readonly force?: boolean; readonly volumes?: boolean } = {},
  ): Promise<void> {
    const path = `/containers/${segment(container)}`;
    return this.#transport.done({ method: "DELETE", path, query: { force, v: volumes } });
  }

  async prune({ filters }: Parameters<ContainerService["prune"]>[0] = {}) {
    const query = { filters: filtersText(filters) };
    const document = await this.#transport.document({ method: "POST", path: "/containers/prune", query });
    return { removed: texts(document, "ContainersDeleted"), bytes: number(document, "SpaceReclaimed") };
  }

  async commit(container: string, { reference, message: comment, ...options }: CommitOptions) {
    const { config, author, changes: instructions = [], pause = true } = options;
    const { repo, tag } = reference === undefined ? {} : splitReference(reference);
    const query = { container, repo, tag, comment, author, pause: pause ? "1" : "0", changes: instructions };
    const asked = { method: "POST", path: "/commit", query, json: config ?? null } as const;
    return parseDigest(text(await this.#transport.document(asked), "Id"));
  }

  // ── processes ─────────────────────────────────────────────────────────────────────────────────────
  async attach(container: string, options: { readonly stdin: boolean; readonly logs?: boolean }) {
    return attach(this.#transport, await this.#process(container), options);
  }

  async exec(container: string, request: ExecCreate) {
    const { Detach: detach = false, consoleSize } = request;
    const id = await this.#execs.create(container, request);
    return this.#execs.start(id, { detach, ...(consoleSize === undefined ? {} : { consoleSize }) });
  }

  resize(container: string, { columns: w, rows: h }: TerminalSize): Promise<void> {
    return this.#do(container, "resize", { h, w });
  }

  async *logs(container: string, query: LogQuery, options: Abortable = {}) {
    yield* readLogs(this.#transport, await this.#process(container), { ...query, ...options });
  }

  async top(container: string, psArgs: readonly string[]) {
    const query = psArgs.length === 0 ? {} : { ps_args: psArgs.join(" ") };
    const document = await this.#transport.document(at(container, "GET", "top", query));
    const { Processes: processes } = document as { readonly Processes?: readonly (readonly string[])[] };
    return { titles: texts(document, "Titles"), processes: processes ?? [] };
  }

  async *stats(container: string, { stream, oneShot, ...options }: StatsOptions & Abortable) {
    const query = { stream: stream ? "1" : "0", "one-shot": oneShot };
    const bytes = this.#transport.stream(at(container, "GET", "stats", query), options);
    for await (const { document } of jsonLines(bytes)) yield document;
  }

  // ── facts ─────────────────────────────────────────────────────────────────────────────────────────
  async list({ all, limit, filters }: ContainerFilter = {}): Promise<readonly ContainerInfo[]> {
    const query = { all, limit, filters: filtersText(filters) };
    const listed = await this.#transport.documents({ method: "GET", path: "/containers/json", query });
    // A list leaves out half of what there is to tell. One that was removed meanwhile is none any more.
    const looks = await mapLimited(listed, LOOKS, (summary) =>
      this.get(text(summary, "Id")).catch((error: unknown) => {
        if (isKind(error, "not-found")) return undefined;
        throw error;
      }),
    );
    return looks.filter((container) => container !== undefined);
  }

  async get(container: string): Promise<ContainerInfo> {
    return readContainer(await this.inspect(container));
  }

  inspect(container: string, { size }: { readonly size?: boolean } = {}): Promise<Document> {
    return this.#transport.document(at(container, "GET", "json", { size }));
  }

  async size(container: string) {
    const document = await this.inspect(container, { size: true });
    return { written: number(document, "SizeRw"), total: number(document, "SizeRootFs") };
  }

  // ── files ─────────────────────────────────────────────────────────────────────────────────────────
  changes(container: string) {
    return changes(this.#transport, container);
  }

  export(container: string, options?: Abortable): ByteStream {
    return this.#transport.stream(at(container, "GET", "export"), options);
  }

  readArchive(container: string, path: string, options: Abortable = {}) {
    return readArchive(this.#transport, container, { path, ...options });
  }

  statPath(container: string, path: string) {
    return statPath(this.#transport, container, path);
  }

  writeArchive(
    container: string,
    path: string,
    tar: ByteStream,
    options: Parameters<ContainerService["writeArchive"]>[3] = {},
  ): Promise<void> {
    return writeArchive(this.#transport, container, { path, tar, ...options });
  }

  #do(container: string, what: string, query?: ApiRequest["query"]): Promise<void> {
    return this.#transport.done(at(container, "POST", what, query));
  }

  async #process(container: string) {
    const { id, config } = await this.get(container);
    return { id, tty: config.Tty };
  }
}

const at = (
  container: string,
  method: ApiRequest["method"],
  what: string,
  query: ApiRequest["query"] = {},
): ApiRequest => ({ method, path: `/containers/${segment(container)}/${what}`, query });

/** The API counts seconds. */
const stopQuery = ({ timeoutMs, signal }: NonNullable<StopOptions> = {}) => ({
  t: timeoutMs === undefined ? undefined : Math.ceil(timeoutMs / 1000),
  signal,
});
