import type { Exchange, Observer } from "../call.ts";

/** What a successful request has changed, by route and method; the rest of an upload is no change yet. */
const WRITES: Readonly<Record<string, string>> = {
  "manifest PUT": "push manifest",
  "manifest DELETE": "delete manifest",
  "uploads POST": "push blob",
  "upload PUT": "push blob",
  "blob DELETE": "delete blob",
};
const CREATED = new Set([201, 202]);

/** Writes one JSON line for each change and each refusal: who, from where, what, and why not. */
export const audit =
  (write: (line: string) => void): Observer =>
  (exchange) => {
    const event = eventOf(exchange);
    if (event === undefined) return;
    const { call, answer } = exchange;
    const { target, caller, remoteAddress, method, path } = call;
    write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        audit: event,
        user: caller.user,
        remote: remoteAddress,
        repository: target.repository,
        reference: target.reference === "" ? undefined : target.reference,
        digest: answer.headers?.["docker-content-digest"],
        ...(event === "refused" ? { method, path, status: answer.status, reason: answer.reason } : {}),
      })}\n`,
    );
  };

function eventOf({ call, answer }: Exchange): string | undefined {
  const { method, target, headers } = call;
  const { status } = answer;
  const isWrite = target.action === "push" || target.action === "delete";
  // Without credentials it is how a client learns where to get some; missing things are asked for all the time.
  const isAsked = status === 401 && headers.authorization === undefined;
  if (status === 403 || status === 429 || (status === 401 && !isAsked)) return "refused";
  if (isWrite && method !== "GET" && status >= 400 && !isAsked) return "refused";
  // 202 to a POST begins an upload.
  const isDone = method === "POST" ? status === 201 : CREATED.has(status);
  return isDone ? WRITES[`${target.route} ${method}`] : undefined;
}
