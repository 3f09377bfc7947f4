import { Failure } from "../core/errors.ts";
import type { Abortable } from "../core/streams.ts";
import type {
  BuildDetails,
  BuildEvent,
  BuildHistory,
  BuildHistoryQuery,
  BuildRecord,
} from "../engine/api.ts";
import { eventOf } from "../wire/slipway/build-events.ts";
import { readDetails, readRecord } from "./documents/build-record.ts";
import { jsonLines } from "./http/lines.ts";
import { segment } from "./http/query.ts";
import type { ApiRequest, Transport } from "./http/transport.ts";
import { lacks } from "./lacks.ts";

const BUILDS = "/slipway/v1/builds";
const NEWEST = "^0";
const at = (build: string): string => `${BUILDS}/${segment(build || NEWEST)}`;

/** Past builds of Slipway's daemon; Docker's tells of its own in another way. */
export class RemoteBuildHistory implements BuildHistory {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list({ filters = [], limit }: BuildHistoryQuery = {}): Promise<readonly BuildRecord[]> {
    const query = { filter: filters, limit };
    return (await this.#own.documents({ method: "GET", path: BUILDS, query })).map(readRecord);
  }

  async get(ref: string): Promise<BuildRecord> {
    return readRecord(await this.#own.document({ method: "GET", path: at(ref) }));
  }

  async inspect(ref: string): Promise<BuildDetails> {
    return readDetails(await this.#own.document({ method: "GET", path: `${at(ref)}/details` }));
  }

  async *events(ref: string, options: Abortable = {}): AsyncGenerator<BuildEvent> {
    const asked: ApiRequest = { method: "GET", path: `${at(ref)}/events` };
    for await (const { document } of jsonLines(this.#own.stream(asked, options))) {
      const event = eventOf(document);
      if (event === undefined)
        throw new Failure("DAEMON_ANSWER_INVALID", { why: "expected events of a build" });
      yield event as BuildEvent;
    }
  }

  remove(ref: string): Promise<void> {
    return this.#own.done({ method: "DELETE", path: at(ref) });
  }

  async removeAll(): Promise<readonly string[]> {
    return await this.#own.texts({ method: "DELETE", path: BUILDS });
  }

  get #own(): Transport {
    if (!this.#transport.isOwn) throw lacks("looking at past builds");
    return this.#transport;
  }
}
