import { mkdirSync, readFileSync } from "node:fs";
import type { Launched, LaunchIo, LaunchRequest } from "../../../runtime/launch/launcher.ts";
import {
  connectShim,
  type ExitRecord,
  readExitRecord,
  type ShimClient,
} from "../../../runtime/launch/shim.ts";
import type { ShimAttachment } from "../../../runtime/launch/shim-attachment.ts";
import type { OciSpec } from "../../../runtime/spec/oci.ts";
import type { Bench } from "./support.ts";

type ShimIo = Extract<LaunchIo, { kind: "shim" }>;

export interface LogLine {
  readonly log: string;
  readonly stream: string;
  readonly time: string;
}

/** A container under a shim, in a directory of its own. */
export class Shimmed implements AsyncDisposable {
  readonly io: ShimIo;
  readonly client: ShimClient;
  readonly #launched: Launched;

  private constructor(io: ShimIo, launched: Launched, client: ShimClient) {
    this.io = io;
    this.#launched = launched;
    this.client = client;
  }

  static async launch(
    bench: Bench,
    spec: OciSpec,
    {
      name = "c",
      io: changes,
      ...rest
    }: { name?: string; io?: Partial<ShimIo> } & Partial<Omit<LaunchRequest, "io">> = {},
  ): Promise<Shimmed> {
    const directory = bench.scratch.join(`${name}${process.hrtime.bigint()}`);
    mkdirSync(directory);
    const io: ShimIo = {
      kind: "shim",
      socket: `${directory}/shim.sock`,
      exitFile: `${directory}/exit`,
      log: { path: `${directory}/log` },
      openStdin: false,
      stdinOnce: false,
      ...changes,
    };
    const launched = await bench.launcher.launch({ ...bench.request(spec, io), ...rest });
    return new Shimmed(io, launched, await connectShim(io.socket));
  }

  get pid(): number {
    return this.#launched.pid;
  }

  async go(): Promise<this> {
    await this.#launched.go();
    return this;
  }

  /** Runs to its end. */
  async run(): Promise<ExitRecord> {
    const ended = this.client.wait();
    await this.go();
    return ended;
  }

  attach(options: { readonly stdin?: boolean; readonly lossless?: boolean } = {}): Promise<ShimAttachment> {
    return this.client.attach({ stdin: false, stdout: true, stderr: true, ...options });
  }

  log(suffix = ""): readonly LogLine[] {
    const text = readFileSync(`${this.io.log?.path}${suffix}`, "utf8");
    return text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as LogLine);
  }

  exitRecord(): ExitRecord | undefined {
    return readExitRecord(this.io.exitFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.signal(9).catch(() => false);
    await this.#launched[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
  }
}

/** All that an attachment says, by stream. */
export async function collect(
  attachment: ShimAttachment,
): Promise<Readonly<Record<"stdout" | "stderr", string>>> {
  const chunks: Record<"stdout" | "stderr", Uint8Array[]> = { stdout: [], stderr: [] };
  for await (const { stream, data } of attachment.output) chunks[stream].push(data);
  const text = (stream: "stdout" | "stderr"): string => Buffer.concat(chunks[stream]).toString();
  return { stdout: text("stdout"), stderr: text("stderr") };
}
