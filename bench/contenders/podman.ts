import type { Contender } from "../contender.ts";
import { BASE } from "../contender.ts";
import { attempt, time, words, works } from "../process.ts";

/** Only runs; `command` is how podman is called here. On the host's network, as its own needs more of the host than others. */
export function podman(command: string): Contender {
  const [file = "podman", ...prefix] = words(command);
  const argv = (...args: readonly string[]): [string, ...string[]] => [file, ...prefix, ...args];
  return {
    name: "podman",
    missing: () => (works(argv("--version")) ? undefined : `${command} does not run: --podman COMMAND`),
    prepare: ({ archive }) => void time({ argv: argv("pull", "--quiet", `docker-archive:${archive}`) }),
    run: () => ({ argv: argv("run", "--rm", "--network", "host", BASE, "true") }),
    cleanUp: () => attempt(argv("rmi", "--force", BASE)),
  };
}
