import type { Layer } from "../call.ts";

/** Writes one JSON line per request, when its answer is known. */
export const accessLog =
  (write: (line: string) => void): Layer =>
  (next) =>
  async (call) => {
    const begin = process.hrtime.bigint();
    const answer = await next(call);
    const { method, path, target, headers, remoteAddress } = call;
    const length = answer.headers?.["content-length"];
    write(
      `${JSON.stringify({
        time: new Date().toISOString(),
        remote: remoteAddress,
        method,
        path,
        route: target.route,
        repository: target.repository,
        status: answer.status,
        bytes: length ?? (typeof answer.body === "string" ? Buffer.byteLength(answer.body) : 0),
        ms: Number(process.hrtime.bigint() - begin) / 1e6,
        agent: headers["user-agent"],
      })}\n`,
    );
    return answer;
  };
