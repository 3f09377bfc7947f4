import { chooseTarget, type Env } from "./choose.ts";
import type { DockerContext } from "./context-store.ts";
import { DEFAULT_CONTEXT } from "./docker-folder.ts";

/** What there is without a context, in the form of one. */
export function defaultContext(env: Env): DockerContext {
  const uid = process.getuid?.() ?? 0;
  const daemon = env["DOCKER_HOST"] ? {} : { context: DEFAULT_CONTEXT };
  const target = chooseTarget({ daemon, root: undefined, env, uid });
  const isEmbedded = target.kind === "embedded";
  return {
    name: DEFAULT_CONTEXT,
    description: isEmbedded ? "The state root, without a daemon" : "Current DOCKER_HOST based configuration",
    host: isEmbedded ? target.root : target.host,
    skipVerify: false,
  };
}
