import type { Digest } from "../../core/digest.ts";
import { familiarReference, parseReference, withDefaultTag } from "../../core/reference.ts";
import type { Abortable, ByteStream } from "../../core/streams.ts";
import { resolveUser } from "../../core/user.ts";
import type { Kernel } from "../../native/kernel.ts";
import type { ContainerRecord } from "../../runtime/container-config.ts";
import type { ContainerManager } from "../../runtime/containers/container-manager.ts";
import { containerEvent } from "../../runtime/containers/describe-event.ts";
import type { EventSink } from "../../runtime/events.ts";
import type { Change } from "../../store/snapshotter.ts";
import type { Store } from "../../store/types.ts";
import type { ContainerService, PathStat } from "../api.ts";
import type { Jobs } from "../jobs.ts";
import { isActive } from "./active.ts";
import { exportRoot, readArchive, statPath, writeArchive } from "./archive.ts";
import { closing } from "./closing.ts";
import { type CommitText, committedImage } from "./commit.ts";
import { withoutLeftovers } from "./leftovers.ts";

export type CommitOptions = CommitText & { readonly reference?: string; readonly pause?: boolean };
export type WriteOptions = NonNullable<Parameters<ContainerService["writeArchive"]>[3]>;

export interface ContainerContentsParts {
  readonly store: Store;
  readonly kernel: Kernel;
  readonly jobs: Jobs;
  readonly manager: ContainerManager;
  readonly record: EventSink;
}

/** The files of containers: what changed, what becomes of them outside, and what comes in. */
export class ContainerContents {
  readonly #store: Store;
  readonly #kernel: Kernel;
  readonly #jobs: Jobs;
  readonly #manager: ContainerManager;
  readonly #record: EventSink;

  constructor({ store, kernel, jobs, manager, record }: ContainerContentsParts) {
    this.#store = store;
    this.#kernel = kernel;
    this.#jobs = jobs;
    this.#manager = manager;
    this.#record = record;
  }

  async changes(container: string): Promise<readonly Change[]> {
    const { id } = await this.#manager.get(container);
    const changes: Change[] = [];
    for await (const change of this.#store.snapshots.changes(id)) changes.push(change);
    return withoutLeftovers(changes, await this.#manager.mountLeftovers(id));
  }

  commit(container: string, options: CommitOptions) {
    const { reference, pause = true, ...text } = options;
    // Found out before anything is written.
    if (reference !== undefined) parseReference(reference);
    return this.#jobs.record("commit", { container, reference, message: text.message }, async () => {
      const record = await this.#manager.get(container);
      const frozen = pause && record.state.status === "running";
      if (frozen) await this.#manager.pause(record.id);
      try {
        return await this.#commit(record, reference, text);
      } finally {
        if (frozen) await this.#manager.unpause(record.id);
      }
    });
  }

  async #commit(record: ContainerRecord, reference: string | undefined, text: CommitText): Promise<Digest> {
    const store = this.#store;
    const base = await store.images.config(record.imageId);
    const exclude = await this.#manager.mountLeftovers(record.id);
    await using _lease = store.leases.open(`commit of ${record.id}`);
    const layer = await store.snapshots.commit(record.id, { exclude });
    const created = new Date().toISOString();
    const config = committedImage(base, record, layer, { ...text, created });
    await store.flush();
    const { id } = await store.images.publish({ config }, reference === undefined ? [] : [reference]);
    const name = reference === undefined ? "" : familiarReference(withDefaultTag(parseReference(reference)));
    this.#noteImage(id, "create", id);
    if (name !== "") this.#noteImage(id, "tag", name);
    this.#note(record, "commit", { comment: text.message ?? "", imageID: id, imageRef: name });
    return id;
  }

  async *export(container: string, options: Abortable = {}): AsyncGenerator<Uint8Array> {
    const record = await this.#manager.get(container);
    using tree = await this.#manager.openRoot(record.id);
    const mounts = isActive(record)
      ? ["/proc", "/sys", "/dev", ...record.mounts.map((m) => m.destination)]
      : [];
    this.#note(record, "export");
    yield* await exportRoot(this.#kernel, tree, { mounts, ...options });
  }

  async statPath(container: string, path: string): Promise<PathStat> {
    using tree = await this.#manager.openRoot(container);
    return statPath({ tree, container, path });
  }

  async readArchive(container: string, path: string, options?: Abortable) {
    const tree = await this.#manager.openRoot(container);
    try {
      const where = { tree, container, path };
      const stat = statPath(where);
      this.#note(await this.#manager.get(container), "archive-path");
      return { stat, tar: closing(tree, await readArchive(this.#kernel, where, options)) };
    } catch (error) {
      tree[Symbol.dispose]();
      throw error;
    }
  }

  async writeArchive(
    container: string,
    path: string,
    tar: ByteStream,
    options: WriteOptions = {},
  ): Promise<void> {
    const record = await this.#manager.get(container);
    using tree = await this.#manager.openRoot(container);
    const { copyOwner = false, keepDirectories = false, signal } = options;
    const [passwd, group] = [tree.readText("/etc/passwd"), tree.readText("/etc/group")];
    await writeArchive(this.#kernel, { tree, container, path }, this.#store.layers.inflated(tar), {
      keepDirectories,
      ...(copyOwner ? { owner: resolveUser(record.config.User ?? "", { passwd, group }).user } : {}),
      ...(signal === undefined ? {} : { signal }),
    });
    this.#note(record, "extract-to-dir");
  }

  #noteImage(id: Digest, action: string, name: string): void {
    this.#record({ type: "image", action, id, attributes: { name } });
  }

  #note(record: ContainerRecord, action: string, detail?: Readonly<Record<string, string>>): void {
    this.#record(containerEvent(record, action, detail));
  }
}
