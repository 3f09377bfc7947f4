import { isIP } from "node:net";
import { Failure } from "../../../core/errors.ts";
import { inList, isLoopback, networksOf } from "./proxies.ts";

/** Which registries may be spoken to without a certificate that proves who they are. */
export class Trust {
  readonly #hosts: ReadonlySet<string>;
  readonly #insecure: readonly string[];
  readonly #known = new Map<string, boolean>();

  /** `insecure`: "host", "host:port" or a network, "10.0.0.0/8". Throws OPTION_INVALID. */
  constructor(insecure: readonly string[]) {
    for (const entry of insecure) {
      if (entry === "" || entry.includes("://"))
        throw new Failure("OPTION_INVALID", {
          option: "--insecure-registry",
          got: entry,
          want: "host, host:port or a network such as 10.0.0.0/8",
        });
    }
    this.#hosts = new Set(insecure.filter((entry) => !entry.includes("/")));
    this.#insecure = insecure;
  }

  /** `host` with its port, if it has one. */
  async isInsecure(host: string): Promise<boolean> {
    const known = this.#known.get(host) ?? (await this.#decide(host));
    this.#known.set(host, known);
    return known;
  }

  /** isInsecure(), of a host it was asked for before; a URL does not say its scheme's own port. */
  wasInsecure(host: string): boolean {
    return [host, `${host}:443`, `${host}:80`].some((name) => this.#known.get(name) === true);
  }

  async #decide(host: string): Promise<boolean> {
    const { hostname } = new URL(`http://${host}`);
    if (this.#hosts.has(host) || this.#hosts.has(hostname)) return true;
    const name = hostname.replace(/^\[|\]$/g, "");
    if (isLoopback(name)) return true;
    const networks = networksOf(this.#insecure);
    if (isIP(name) !== 0) return inList(networks, name);
    const { lookup } = await import("node:dns/promises");
    try {
      const addresses = await lookup(name, { all: true });
      // As docker has it: what answers on this machine's own addresses needs no TLS, whatever it is called.
      return addresses.some(({ address }) => isLoopback(address) || inList(networks, address));
    } catch {
      // A name nobody knows will be told of when it is connected to; a proxy may know it.
      return false;
    }
  }
}
