import { StringDecoder } from "node:string_decoder";
import { isCode, messageOf } from "../../core/errors.ts";
import { shortId } from "../../core/ids.ts";
import type { BuildEvent, BuildResult } from "../../engine/api.ts";

type Output = Extract<BuildEvent, { type: "output" }>;
type Finished = Extract<BuildEvent, { type: "finished" }>;
type Instructions = Extract<BuildEvent, { type: "instructions" }>["list"];

/** A line of the answer. https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Image/operation/ImageBuild */
export type BuildMessage =
  | { readonly stream: string }
  | { readonly aux: { readonly ID: string } }
  | {
      readonly error: string;
      readonly errorDetail: { readonly code?: number; readonly message: string };
    };

/** Output of a step that is not shown yet. */
const HELD_LIMIT = 1 << 20;
const CLIPPED = "[output clipped]\n";

interface Step {
  readonly decoders: Readonly<Record<Output["stream"], StringDecoder>>;
  held: BuildMessage[];
  heldChars: number;
  clipped: boolean;
  finished: Finished | undefined;
}

/**
 * Tells a build as the classic builder did: one instruction after the other, as they are written. What steps print that run ahead of
 * the one that is shown is held back until it is their turn. The ids are those of layers and base images; no step leaves an image.
 */
export class ClassicTranscript {
  readonly #write: (message: BuildMessage) => void;
  readonly #steps = new Map<string, Step>();
  #instructions: Instructions = [];
  /** The instruction that is shown. */
  #at = 0;
  #announced = -1;
  #state = "";

  constructor(write: (message: BuildMessage) => void) {
    this.#write = write;
  }

  event(event: BuildEvent): void {
    if (event.type === "output") this.#output(event);
    if (event.type === "warning") this.#say(`[Warning] ${event.message}\n`);
    if (event.type === "finished") this.#step(event.id).finished = event;
    if (event.type === "instructions") this.#instructions = event.list;
    if (event.type === "finished" || event.type === "instructions") this.#advance();
  }

  done({ image, tags }: BuildResult): void {
    this.#write({ aux: { ID: image } });
    this.#say(`Successfully built ${shortId(image)}\n`);
    for (const tag of tags) this.#say(`Successfully tagged ${tag}\n`);
  }

  /** Shows an instruction, and those after it while they are done. */
  #advance(): void {
    for (;;) {
      const instruction = this.#instructions[this.#at];
      if (instruction === undefined) return;
      const from = /^FROM\s/i.test(instruction.code);
      if (this.#announced < this.#at) {
        this.#announced = this.#at;
        this.#say(`Step ${this.#at + 1}/${this.#instructions.length} : ${instruction.code}\n`);
        if (from) this.#state = "";
      }
      if (instruction.step !== undefined && !this.#close(this.#step(instruction.step), from)) return;
      this.#say(` ---> ${shortId(this.#state)}\n`);
      this.#at += 1;
    }
  }

  /** False while the step is not done, or when it failed. */
  #close(step: Step, from: boolean): boolean {
    for (const message of step.held.splice(0)) this.#write(message);
    step.heldChars = 0;
    const { finished } = step;
    if (finished === undefined || finished.error !== undefined) return false;
    const { cached, result = this.#state } = finished;
    if (cached && !from) this.#say(" ---> Using cache\n");
    this.#state = result;
    return true;
  }

  #output({ id, stream, data }: Output): void {
    const step = this.#step(id);
    const text = step.decoders[stream].write(Buffer.from(data));
    if (text === "") return;
    const message = { stream: stream === "stderr" ? `\x1b[91m${text}\x1b[0m` : text };
    if (this.#instructions[this.#at]?.step === id) this.#write(message);
    else if (step.heldChars + text.length <= HELD_LIMIT) {
      step.held.push(message);
      step.heldChars += text.length;
    } else if (!step.clipped) {
      step.held.push({ stream: CLIPPED });
      step.clipped = true;
    }
  }

  #step(id: string): Step {
    const known = this.#steps.get(id);
    if (known !== undefined) return known;
    const decoders = { stdout: new StringDecoder("utf8"), stderr: new StringDecoder("utf8") };
    const step: Step = { decoders, held: [], heldChars: 0, clipped: false, finished: undefined };
    this.#steps.set(id, step);
    return step;
  }

  #say(stream: string): void {
    this.#write({ stream });
  }
}

/** The last line of a build that failed. docker's client ends with the code of a command that failed. */
export function failureMessage(error: unknown): BuildMessage {
  if (!isCode(error, "BUILD_STEP_FAILED")) {
    const message = messageOf(error);
    return { errorDetail: { message }, error: message };
  }
  const { command, status, file, line, excerpt } = error.detail;
  const code = Number(/\d+/.exec(status)?.[0] ?? 1);
  const shown = `The command '${JSON.parse(command)}' returned a non-zero code: ${code}`;
  const message = `${shown}\n${file}:${line}\n${excerpt}`;
  return { errorDetail: { code, message }, error: message };
}
