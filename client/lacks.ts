import { Failure } from "../core/errors.ts";

const ELSEWHERE = "run it on the daemon's machine, without -H, DOCKER_HOST and a context";

/** What the Engine API has no word for, or what makes no sense from afar. */
export const lacks = (what: string, hint = ELSEWHERE): Failure =>
  new Failure("DAEMON_LACKS", { what }, { hint });
