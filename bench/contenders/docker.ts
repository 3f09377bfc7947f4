import type { Command, Contender, Transfer } from "../contender.ts";
import { BASE, RESULT, TRANSFERRED } from "../contender.ts";
import { attempt, time, works } from "../process.ts";

/** Marks results, so that those that lost their tag to the next round are found again. */
const LABEL = "slipway-bench";

/** The docker client and the engine behind `host`; `buildkit` chooses the builder. */
export function docker(host: string | undefined, buildkit: boolean, registry: string | undefined): Contender {
  const env = { DOCKER_BUILDKIT: buildkit ? "1" : "0", ...(host === undefined ? {} : { DOCKER_HOST: host }) };
  const missing = (): string | undefined => {
    if (!works(["docker", "--version"])) return "there is no docker client";
    if (!works(["docker", "version"], env)) return "no engine answers: --docker-host, or DOCKER_HOST";
    if (buildkit && !works(["docker", "buildx", "version"])) return "the client has no buildx";
    return undefined;
  };
  const run = (): Command => ({ argv: ["docker", "run", "--rm", BASE, "true"], env });
  return {
    name: buildkit ? "docker BuildKit" : "docker classic",
    isClient: true,
    missing,
    prepare: ({ archive }) => void time({ argv: ["docker", "load", "--quiet", "--input", archive], env }),
    build: (context, { cache }) => ({
      argv: [
        "docker",
        "build",
        "--quiet",
        "--label",
        LABEL,
        ...(cache ? [] : ["--no-cache"]),
        "--tag",
        RESULT,
        context,
      ],
      env,
    }),
    // Which builder is chosen does not matter to the rest.
    ...(buildkit ? { run, runByClient: run } : {}),
    ...(buildkit && registry !== undefined ? { transfer: transferBy(env, registry) } : {}),
    cleanUp: () => {
      attempt(["docker", "rmi", "--force", BASE, RESULT], env);
      attempt(["docker", "image", "prune", "--force", "--filter", `label=${LABEL}`], env);
    },
  };
}

function transferBy(env: Readonly<Record<string, string>>, registry: string): Transfer {
  const reference = `${registry}/${TRANSFERRED}`;
  return {
    build: (context) => ({ argv: ["docker", "build", "--quiet", "--tag", reference, context], env }),
    push: () => ({ argv: ["docker", "push", "--quiet", reference], env }),
    pull: () => ({ argv: ["docker", "pull", "--quiet", reference], env }),
    forget: () => [
      { argv: ["sh", "-c", `docker rmi --force ${reference} && docker builder prune --all --force`], env },
    ],
  };
}
