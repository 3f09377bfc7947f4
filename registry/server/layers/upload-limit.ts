import { Failure } from "../../../core/errors.ts";
import type { Layer } from "../call.ts";

/** At most `limit` requests that carry content at once; the rest are told to come back. */
export const uploadLimit = (limit: number): Layer => {
  let running = 0;
  return (next) => async (call) => {
    if (call.target.action !== "push" || call.method === "GET") return next(call);
    if (running >= limit) throw new Failure("TOO_MANY_UPLOADS", { limit });
    running += 1;
    try {
      return await next(call);
    } finally {
      running -= 1;
    }
  };
};
