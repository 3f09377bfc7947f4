import type { Contender } from "../contender.ts";
import { BASE, RESULT } from "../contender.ts";
import { attempt, time, words, works } from "../process.ts";

/** On the host's network: names are not resolved on every host in its own. */
const FLAGS = ["--quiet", "--layers", "--network", "host"];

/** `command` is how buildah is called here: a name, or a wrapper with arguments. */
export function buildah(command: string): Contender {
  const [file = "buildah", ...prefix] = words(command);
  const argv = (...args: readonly string[]): [string, ...string[]] => [file, ...prefix, ...args];
  return {
    name: "buildah",
    missing: () => (works(argv("--version")) ? undefined : `${command} does not run: --buildah COMMAND`),
    prepare: ({ archive }) => void time({ argv: argv("pull", "--quiet", `docker-archive:${archive}`) }),
    build: (context, { cache }) => ({
      argv: argv("build", ...FLAGS, ...(cache ? [] : ["--no-cache"]), "--tag", RESULT, context),
    }),
    cleanUp: () => attempt(argv("rmi", "--force", BASE, RESULT)),
  };
}
