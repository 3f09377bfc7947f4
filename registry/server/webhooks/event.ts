import { randomUUID } from "node:crypto";
import { isDigest } from "../../../core/digest.ts";
import type { Exchange } from "../call.ts";
import type { EventAction } from "./webhook-file.ts";

/** https://distribution.github.io/distribution/about/notifications/ */
export const ENVELOPE = "application/vnd.docker.distribution.events.v2+json";

export interface RegistryEvent {
  readonly id: string;
  readonly timestamp: string;
  readonly action: EventAction;
  readonly target: {
    readonly repository: string;
    readonly mediaType?: string;
    readonly digest?: string;
    readonly size?: number;
    readonly length?: number;
    readonly url?: string;
    readonly tag?: string;
  };
  readonly request: Readonly<Record<"id" | "addr" | "host" | "method" | "useragent", string>>;
  readonly actor: { readonly name?: string };
  readonly source: { readonly addr: string; readonly instanceID: string };
}

const ACTIONS: Readonly<Record<string, EventAction>> = {
  "PUT 201": "push",
  "GET 200": "pull",
  "DELETE 202": "delete",
};

/** What a request did to a manifest; undefined when it did nothing that anybody is told of. */
export function eventOf(exchange: Exchange, source: RegistryEvent["source"]): RegistryEvent | undefined {
  const { call, answer } = exchange;
  const { target, headers, method, caller, remoteAddress } = call;
  const action = ACTIONS[`${method} ${answer.status}`];
  const isWhole = action !== "pull" || exchange.complete;
  if (target.route !== "manifest" || target.repository === undefined || action === undefined || !isWhole)
    return undefined;
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    action,
    target: { repository: target.repository, ...manifestOf(exchange, action) },
    request: {
      id: randomUUID(),
      addr: remoteAddress,
      host: headers.host ?? "",
      method,
      useragent: headers["user-agent"] ?? "",
    },
    actor: caller.user === undefined ? {} : { name: caller.user },
    source,
  };
}

function manifestOf(
  { call, answer, receivedBytes, sentBytes }: Exchange,
  action: EventAction,
): Partial<RegistryEvent["target"]> {
  const { target, headers, secure } = call;
  const { reference, repository = "" } = target;
  const tag = isDigest(reference) ? {} : { tag: reference };
  if (action === "delete") return isDigest(reference) ? { digest: reference } : tag;
  const digest = String(answer.headers?.["docker-content-digest"]);
  const size = action === "push" ? receivedBytes : sentBytes;
  const type = action === "push" ? headers["content-type"] : answer.headers?.["content-type"];
  return {
    mediaType: String(type ?? ""),
    digest,
    size,
    length: size,
    url: `${secure ? "https" : "http"}://${headers.host ?? ""}/v2/${repository}/manifests/${digest}`,
    ...tag,
  };
}
