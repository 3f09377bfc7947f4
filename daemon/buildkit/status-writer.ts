import { digestOf } from "../../core/digest.ts";
import { formatReference, parseReference } from "../../core/reference.ts";
import type { BuildEvent } from "../../engine/api.ts";
import type { StatusResponse } from "../../wire/buildkit/control.ts";
import { timestamp } from "./timestamp.ts";

type Of<K extends BuildEvent["type"]> = Extract<BuildEvent, { readonly type: K }>;

/** BuildKit's limit of what a step's output has. */
const LOG_LIMIT = 2 << 20;
const CLIPPED = Buffer.from("\n[output clipped, log limit 2MiB reached]\n");
const STREAMS = { stdout: 1, stderr: 2 } as const;
/** The step that images are published in: what was written is told before it ends. */
const EXPORTING = "exporting to image";

interface Vertex {
  readonly digest: string;
  readonly name: string;
  started: number | undefined;
  logged: number;
}

export interface StatusWriterOptions {
  /** Of the build: steps of several builds are shown side by side. */
  readonly ref: string;
  readonly write: (status: StatusResponse) => void;
  /** The Dockerfile, for warnings. */
  readonly source: () => { readonly name: string; readonly text: string } | undefined;
}

/** Turns a build's events into BuildKit's: vertexes, statuses, logs and warnings. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #vertexes = new Map<string, Vertex>();
  readonly #statuses = new Map<string, { readonly started: number; readonly isMeasured: boolean }>();
  #exporting: Of<"finished"> | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  event(event: BuildEvent): void {
    if (event.type === "step") this.#vertex(event.id, event.name);
    if (event.type === "started") this.#started(event);
    if (event.type === "finished") this.#finished(event);
    if (event.type === "output") this.#output(event);
    if (event.type === "status") this.#status(event);
    if (event.type === "warning") this.#warning(event);
    if (event.type === "result") this.#result(event);
  }

  /** Tells what was held back. */
  close(): void {
    const held = this.#exporting;
    this.#exporting = undefined;
    if (held !== undefined) this.#tellFinished(held);
  }

  digestOf(id: string): string {
    return digestOf(`${this.#options.ref}\0${id}`);
  }

  #vertex(id: string, name = id): Vertex {
    const known = this.#vertexes.get(id);
    if (known !== undefined) return known;
    const vertex: Vertex = { digest: this.digestOf(id), name, started: undefined, logged: 0 };
    this.#vertexes.set(id, vertex);
    this.#options.write({ vertexes: [{ digest: vertex.digest, name }] });
    return vertex;
  }

  #started({ id, time }: Of<"started">): void {
    const vertex = this.#vertex(id);
    vertex.started = time;
    const { digest, name } = vertex;
    this.#options.write({ vertexes: [{ digest, name, started: timestamp(time) }] });
  }

  #finished(event: Of<"finished">): void {
    if (this.#vertex(event.id).name === EXPORTING && event.error === undefined) this.#exporting = event;
    else this.#tellFinished(event);
  }

  #tellFinished({ id, time, cached, error = "" }: Of<"finished">): void {
    const { digest, name, started = time } = this.#vertex(id);
    const times = { started: timestamp(started), completed: timestamp(time) };
    this.#options.write({ vertexes: [{ digest, name, cached, error: inBuildKitsWords(error), ...times }] });
  }

  #output({ id, stream, data, time }: Of<"output">): void {
    const vertex = this.#vertex(id);
    if (vertex.logged > LOG_LIMIT) return;
    vertex.logged += data.byteLength;
    const msg = vertex.logged > LOG_LIMIT ? CLIPPED : data;
    this.#options.write({
      logs: [{ vertex: vertex.digest, timestamp: timestamp(time), stream: STREAMS[stream], msg }],
    });
  }

  #status({ id, name, done, total, time }: Of<"status">): void {
    const { digest } = this.#vertex(id);
    const key = `${digest} ${name}`;
    const { started, isMeasured } = this.#statuses.get(key) ?? { started: time, isMeasured: false };
    const hasEnded = total !== undefined && done >= total;
    this.#statuses.set(key, { started, isMeasured: isMeasured || (total !== undefined && !hasEnded) });
    const ended = hasEnded ? { completed: timestamp(time) } : {};
    const times = { timestamp: timestamp(time), started: timestamp(started), ...ended };
    // Where the end was not known before, there is nothing to compare with.
    const amount = { current: done, total: hasEnded && !isMeasured ? 0 : (total ?? 0) };
    this.#options.write({ statuses: [{ id: name, vertex: digest, name, ...amount, ...times }] });
  }

  #warning({ id, rule, message, url = "", at }: Of<"warning">): void {
    const where = at === undefined || rule === undefined ? "" : ` (line ${at.line})`;
    const short = Buffer.from(`${rule === undefined ? "" : `${rule}: `}${message}${where}`);
    const source = this.#options.source();
    const first = this.#vertexes.keys().next().value;
    const vertex = this.digestOf(id ?? first ?? "");
    const place =
      at === undefined || source === undefined
        ? {}
        : {
            info: { filename: source.name, data: Buffer.from(source.text), language: "Dockerfile" },
            ranges: [{ start: { line: at.line }, end: { line: at.endLine } }],
          };
    this.#options.write({ warnings: [{ vertex, level: 1, short, url, ...place }] });
  }

  #result({ image, tags, time }: Of<"result">): void {
    const id = this.#exporting?.id;
    if (id === undefined) return;
    const vertex = this.#vertex(id).digest;
    const at = timestamp(time);
    const lines = [
      `writing image ${image}`,
      ...tags.map((tag) => `naming to ${formatReference(parseReference(tag))}`),
    ];
    this.#options.write({
      statuses: lines.map((line) => ({ id: line, vertex, timestamp: at, started: at, completed: at })),
    });
    this.close();
  }
}

/** Our messages begin with the place, which its clients show themselves. */
const inBuildKitsWords = (error: string): string =>
  error.replace(/^\S+:\d+: /, "").replace(/^(?=".*" did not complete)/, "process ");
