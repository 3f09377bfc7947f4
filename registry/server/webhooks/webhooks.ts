import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { compileGlob } from "../../access/repository-glob.ts";
import { ReloadedFile } from "../access/reloaded-file.ts";
import type { Exchange, Observer } from "../call.ts";
import { Delivery } from "./delivery.ts";
import { eventOf, type RegistryEvent } from "./event.ts";
import { post } from "./post.ts";
import { type Endpoint, parseWebhooks } from "./webhook-file.ts";

const DRAIN_MS = 3_000;

interface Receiver {
  readonly wants: (event: RegistryEvent) => boolean;
  readonly delivery: Delivery;
}

/** Tells receivers, as their file says now, what happens to manifests. Disposing gives what waits a moment to arrive. */
export class Webhooks implements AsyncDisposable {
  readonly #file: ReloadedFile<readonly Endpoint[]>;
  readonly #report: (line: string) => void;
  readonly #source = { addr: hostname(), instanceID: randomUUID() };
  #endpoints: readonly Endpoint[] = [];
  #receivers: ReadonlyMap<string, Receiver> = new Map();

  /** Throws ACCESS_FILE_INVALID. */
  constructor({ path, report }: { readonly path: string; readonly report: (line: string) => void }) {
    const parse = (text: string, file: string): readonly Endpoint[] => parseWebhooks(text, file).endpoints;
    this.#file = new ReloadedFile({ path, parse, report });
    this.#report = report;
  }

  /** Events that wait for their receivers. */
  get pending(): number {
    return [...this.#receivers.values()].reduce((sum, { delivery }) => sum + delivery.pending, 0);
  }

  readonly observe: Observer = (exchange: Exchange) => {
    this.#follow(this.#file.current ?? []);
    if (this.#receivers.size === 0) return;
    const event = eventOf(exchange, this.#source);
    if (event === undefined) return;
    for (const { wants, delivery } of this.#receivers.values()) if (wants(event)) delivery.add(event);
  };

  /** A receiver that is unchanged keeps what waits for it. */
  #follow(endpoints: readonly Endpoint[]): void {
    if (endpoints === this.#endpoints) return;
    this.#endpoints = endpoints;
    const before = this.#receivers;
    this.#receivers = new Map(
      endpoints.map((endpoint) => {
        const key = JSON.stringify(endpoint);
        return [key, before.get(key) ?? this.#receiver(endpoint)];
      }),
    );
    for (const [key, { delivery }] of before) if (!this.#receivers.has(key)) void delivery.close(0);
  }

  #receiver(endpoint: Endpoint): Receiver {
    const { name, actions, repositories } = endpoint;
    const globs = repositories.map(compileGlob);
    return {
      wants: ({ action, target }) =>
        actions.includes(action) && globs.some((matches) => matches(target.repository)),
      delivery: new Delivery({
        name,
        send: (events, signal) => post(endpoint, events, signal),
        report: this.#report,
      }),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#receivers.values()].map(({ delivery }) => delivery.close(DRAIN_MS)));
  }
}
