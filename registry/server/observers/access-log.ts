import type { Observer } from "../call.ts";

/** Writes one JSON line per request, when it is over. */
export const accessLog =
  (write: (line: string) => void): Observer =>
  ({ call, answer, receivedBytes, sentBytes, durationMs, complete }) => {
    const { method, path, target, headers, remoteAddress, caller } = call;
    write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        remote: remoteAddress,
        user: caller.user,
        method,
        path,
        route: target.route,
        repository: target.repository,
        status: answer.status,
        bytes: sentBytes,
        received: receivedBytes,
        ms: Math.round(durationMs * 1000) / 1000,
        complete,
        agent: headers["user-agent"],
      })}\n`,
    );
  };
