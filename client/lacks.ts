import { Failure } from "../core/errors.ts";

/** What the Engine API has no word for. */
export const lacks = (what: string): Failure =>
  new Failure(
    "DAEMON_LACKS",
    { what },
    { hint: "run it on the daemon's machine, without -H, DOCKER_HOST and a context" },
  );
