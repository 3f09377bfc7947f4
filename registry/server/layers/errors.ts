import { describeError } from "../../../core/errors.ts";
import type { Layer } from "../call.ts";
import { errorAnswer } from "../errors.ts";

/** What a handler throws becomes an answer; what is our own fault is told to `report` too. */
export const errors =
  (report: (line: string) => void): Layer =>
  (next) =>
  async (call) => {
    try {
      return await next(call);
    } catch (error) {
      const answer = errorAnswer(error);
      if (answer.status === 500) report(`${call.method} ${call.path}: ${describeError(error)}`);
      return answer;
    }
  };
