import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "../../core/errors.ts";
import { isMissing } from "../../core/if-there.ts";
import { replacePrivateFile } from "../../core/private-file.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The context that stands for what there is without one. */
export const DEFAULT_CONTEXT = "default";

/** Where docker's client keeps what is this user's: $DOCKER_CONFIG, else ~/.docker. */
export const dockerFolder = (env: Env): string =>
  env["DOCKER_CONFIG"] || join(env["HOME"] || homedir(), ".docker");

const configFile = (env: Env): string => join(dockerFolder(env), "config.json");

/** The context that "context use" chose. Throws DOCKER_CONFIG_INVALID. */
export function currentContext(env: Env): string {
  const { currentContext: name = "" } = readConfig(env);
  if (typeof name !== "string")
    throw new Failure("DOCKER_CONFIG_INVALID", {
      path: configFile(env),
      why: "currentContext: expected a text",
    });
  return name === "" ? DEFAULT_CONTEXT : name;
}

/** Makes a context the current one; the rest of the configuration stays. Rejects with DOCKER_CONFIG_INVALID. */
export async function setCurrentContext(env: Env, name: string): Promise<void> {
  const { currentContext: _former, ...others } = readConfig(env);
  const chosen = name === DEFAULT_CONTEXT ? {} : { currentContext: name };
  await replacePrivateFile(configFile(env), JSON.stringify({ ...others, ...chosen }, null, "\t"));
}

/** An absent file is an empty configuration. */
function readConfig(env: Env): Readonly<Record<string, unknown>> {
  const path = configFile(env);
  try {
    const document: unknown = JSON.parse(readFileSync(path, "utf8").trim() || "{}");
    if (typeof document === "object" && document !== null)
      return document as Readonly<Record<string, unknown>>;
  } catch (cause) {
    if (isMissing(cause)) return {};
    // Told below: the parser's own message would quote the file, secrets included.
  }
  throw new Failure("DOCKER_CONFIG_INVALID", { path, why: "expected a JSON object" });
}
