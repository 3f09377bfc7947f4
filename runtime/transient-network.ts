import { closeSync, openSync } from "node:fs";
import { thisOwner } from "../store/owner.ts";
import type { EndpointRecord } from "./container-config.ts";
import type { Networks } from "./network/networks.ts";
import type { Sharing } from "./spec/namespaces.ts";

/** What a build step may reach. */
export type StepReach = "default" | "host" | "none";
const NETWORKS = { default: "bridge", host: "host", none: "none" } as const;

export interface StepNetworkRequest {
  readonly network: StepReach;
  /** Its processes may change their network as they like. */
  readonly insecure: boolean;
  /** What this host cannot do for it. */
  readonly warn: (warning: string) => void;
}

/** An address, and the namespace that it was brought into. */
interface Place {
  readonly reach: StepReach;
  readonly endpoint: EndpointRecord;
  /** Keeps a namespace that nobody is in. */
  readonly namespace?: number;
}

/** The network of one step. */
export interface StepNetwork {
  readonly endpoint: EndpointRecord;
  readonly sharing: Sharing;
  /** Connects the step, whose process `pid` has not run anything yet. */
  connect(pid: number): Promise<void>;
  /** For who comes next, once no process of the step is left. */
  keep(): void;
  /** Idempotent; after keep() it does nothing. */
  close(): void;
}

/**
 * The networks of build steps, handed from one to the next with the namespace they are in: to make one and to connect it takes as long as
 * all the rest of a small step. No process outlives its step, so nothing is left in it but what the kernel remembers of its connections.
 */
export class StepNetworks implements AsyncDisposable {
  readonly #networks: Networks;
  readonly #idle: Place[] = [];

  constructor(networks: Networks) {
    this.#networks = networks;
  }

  /** Rejects as Networks.connect() does. */
  async take(request: StepNetworkRequest): Promise<StepNetwork> {
    return new TakenNetwork(await this.#place(request), {
      networks: this.#networks,
      lasts: !request.insecure && request.network !== "host",
      giveBack: (place) => this.#idle.push(place),
    });
  }

  async #place({ network: reach, insecure, warn }: StepNetworkRequest): Promise<Place> {
    const fits = this.#idle.findIndex(
      (idle) => idle.reach === reach && !(insecure && idle.namespace !== undefined),
    );
    const [kept] = fits === -1 ? [] : this.#idle.splice(fits, 1);
    if (kept !== undefined) return kept;
    const network = this.#networks.get(NETWORKS[reach]);
    const { endpoint, warnings } = await this.#networks.connect(network, { process: thisOwner() });
    for (const warning of warnings) warn(warning);
    return { reach, endpoint };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const places = this.#idle.splice(0);
    for (const { namespace } of places) if (namespace !== undefined) closeSync(namespace);
    await this.#networks.release(places.map(({ endpoint }) => endpoint).filter(hasAddress));
  }
}

const hasAddress = ({ address }: EndpointRecord): boolean => address !== "";

interface TakenParts {
  readonly networks: Networks;
  /** Whether the step leaves its namespace as it found it. */
  readonly lasts: boolean;
  readonly giveBack: (place: Place) => void;
}

class TakenNetwork implements StepNetwork {
  readonly #place: Place;
  readonly #parts: TakenParts;
  #namespace: number | undefined;
  #open = true;

  constructor(place: Place, parts: TakenParts) {
    this.#place = place;
    this.#parts = parts;
    this.#namespace = place.namespace;
  }

  get endpoint(): EndpointRecord {
    return this.#place.endpoint;
  }

  get sharing(): Sharing {
    if (this.#place.reach === "host") return "host";
    return this.#namespace === undefined ? "private" : { path: `/proc/${process.pid}/fd/${this.#namespace}` };
  }

  async connect(pid: number): Promise<void> {
    if (this.#namespace !== undefined) return;
    const { networks, lasts } = this.#parts;
    await networks.attach(this.endpoint, pid);
    await networks.route(this.endpoint, pid);
    if (lasts) this.#namespace = openSync(`/proc/${pid}/ns/net`, "r");
  }

  keep(): void {
    if (!this.#open) return;
    this.#open = false;
    const { reach, endpoint } = this.#place;
    const namespace = this.#namespace;
    if (namespace !== undefined) this.#parts.giveBack({ reach, endpoint, namespace });
    else if (hasAddress(endpoint)) this.#parts.giveBack({ reach, endpoint });
  }

  /** What is still in the namespace ends with it; the address is free for another one. */
  close(): void {
    if (!this.#open) return;
    if (this.#namespace !== undefined) closeSync(this.#namespace);
    this.#namespace = undefined;
    this.keep();
  }
}
