import { Failure } from "../../core/errors.ts";
import { LaterAttachment } from "./attachment.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { StoredContainer } from "./stored-container.ts";

/** Attaches to containers that run, and to those that this process is going to start. */
export class Attachments {
  readonly #lifecycle: Lifecycle;
  readonly #waiting = new Map<string, Set<LaterAttachment>>();

  constructor(lifecycle: Lifecycle) {
    this.#lifecycle = lifecycle;
  }

  /** For a container that does not run it begins when take() was asked for it. Rejects with CONTAINER_RESTARTING. */
  async attach(
    { id, state, config }: StoredContainer,
    { stdin }: { readonly stdin: boolean },
  ): Promise<LaterAttachment> {
    const attachment = new LaterAttachment({ stdin: stdin && config.OpenStdin });
    if (state.phase === "running" && state.waiting !== undefined)
      throw new Failure("CONTAINER_RESTARTING", { container: id });
    if (state.phase === "running")
      await attachment.connect(this.#lifecycle.files(id).socket, { lossless: false });
    else this.#waiting.set(id, (this.#waiting.get(id) ?? new Set()).add(attachment));
    return attachment;
  }

  /** Those that wait for the container's start, which is the caller's business from now on. */
  take(id: string): readonly LaterAttachment[] {
    const waiting = [...(this.#waiting.get(id) ?? [])];
    this.#waiting.delete(id);
    return waiting;
  }
}
