/** The part of the seam (kernel.ts) that is about networks: rtnetlink(7); see native/src/netlink.cc. */
export interface KernelNetwork {
  linkIndex(name: string): number | undefined;
  createBridge(name: string, options: { readonly mtu: number }): void;
  /** Idempotent: success means "no such link". */
  deleteLink(name: string): void;
  setLinkUp(name: string): void;
  /** Idempotent. */
  addAddress(name: string, cidr: string): void;
  /**
   * Makes a veth pair, one end a port of `bridge`, the other in the network namespace of `pid` with the given name, address, MAC and
   * default route, and brings both and the namespace's loopback up.
   */
  attachVeth(request: {
    readonly pid: number;
    readonly hostName: string;
    readonly bridge: string;
    readonly name: string;
    readonly cidr: string;
    /** Its IPv6 address too; the link has no IPv6 without it. */
    readonly cidr6?: string;
    readonly gateway?: string;
    readonly mac?: string;
    readonly mtu: number;
    /** Reaches no other isolated port of the bridge. */
    readonly isolated?: boolean;
  }): Promise<void>;
  /** Deletes a link of the network namespace of `pid`, with its other end. Idempotent. */
  detachLink(pid: number, name: string): Promise<void>;
  /** Makes `gateway`, which `name` reaches, the default route of its family in the network namespace of `pid`, in place of the one there is. */
  setDefaultRoute(pid: number, name: string, gateway: string): Promise<void>;
  /** Brings the loopback interface of the network namespace of `pid` up. */
  raiseLoopback(pid: number): Promise<void>;
  /**
   * Sends a request of HTTP/1.0 to a port of 127.0.0.1 and resolves with all that comes back until the other side closes, or a Content-Length is
   * reached. Rejects with EMSGSIZE when that is more than `limit` bytes, and with ETIMEDOUT when it is silent for `patienceMs`. It is not cancelled;
   * the end of the process ends it.
   */
  exchangeOnLoopback(
    port: number,
    request: Uint8Array,
    options: { readonly limit: number; readonly patienceMs: number },
  ): Promise<Buffer>;
  /** MTU of the link that carries the default route; undefined when there is none. */
  defaultRouteMtu(): number | undefined;
}
