import { Failure } from "../../core/errors.ts";
import { readAll } from "../../core/streams.ts";
import type { DistributionService } from "../../engine/api.ts";
import { defineCommand } from "../command.ts";
import { type Context, print, warn } from "../context.ts";
import { ask } from "../password.ts";
import { interruptible } from "../signals.ts";

const PASSWORD_LIMIT = 64 << 10;
const HUB_HELP =
  "Log in with your Docker ID or email address to push and pull images from Docker Hub. If you don't have a Docker ID, head over to https://hub.docker.com/ to create one.\n" +
  "You can log in with your password or a Personal Access Token (PAT).";

interface Given {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly "password-stdin": boolean;
}

export const login = defineCommand({
  usage: "[OPTIONS] [SERVER]",
  flags: {
    password: { kind: "string", short: "p", help: "Password" },
    "password-stdin": { kind: "bool", help: "Take the password from stdin" },
    username: { kind: "string", short: "u", help: "Username" },
  },
  args: { min: 0, max: 1 },
  async run(context, [server], flags) {
    check(flags);
    const { distribution } = await context.engine();
    using interrupted = interruptible(context);
    const at = server === undefined ? {} : { server };
    if (flags.username === undefined && (await relogin(context, distribution, server))) return 0;
    const { username, password } = await readAccount(context, flags, server);
    const { file } = await distribution.login({ ...at, username, password }, interrupted);
    if (file !== undefined) await warn(context, unencrypted(file));
    await print(context, "Login Succeeded");
    return 0;
  },
});

function check(flags: Given): void {
  const refuse = (why: string): Failure => new Failure("LOGIN_INVALID", { why });
  if (flags.password !== undefined && flags["password-stdin"])
    throw refuse("--password and --password-stdin are mutually exclusive");
  if (flags["password-stdin"] && (flags.username ?? "") === "")
    throw refuse("the --password-stdin option requires --username to be set");
  if (flags.username === "") throw refuse("username is empty");
  if (flags.password === "") throw refuse("password is empty");
}

/** Who is logged in already need not say so again. */
async function relogin(
  context: Context,
  distribution: DistributionService,
  server?: string,
): Promise<boolean> {
  try {
    const user = await distribution.relogin(server);
    if (user === undefined) return false;
    await print(context, `Authenticating with existing credentials... [Username: ${user}]\n`);
    const program = context.program;
    const remedy = `run '${program} logout' followed by '${program} login'`;
    await print(context, ` Info -> To login with a different account, ${remedy}\n`);
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== "unauthorized") throw error;
    await warn(context, `Login did not succeed, error: ${error.message}`);
    return false;
  }
  await print(context, "\nLogin Succeeded");
  return true;
}

async function readAccount(
  context: Context,
  flags: Given,
  server: string | undefined,
): Promise<{ readonly username: string; readonly password: string }> {
  if (flags["password-stdin"]) {
    const input = await readAll(context.stdin() as AsyncIterable<Uint8Array>, PASSWORD_LIMIT);
    const password = input.toString().replace(/\r?\n$/, "");
    if (password === "") throw new Failure("LOGIN_INVALID", { why: "password is empty" });
    return { username: flags.username ?? "", password };
  }
  if (flags.password !== undefined)
    await warn(context, "WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
  if (flags.username === undefined && server === undefined && context.stdin().isTTY === true)
    await warn(context, HUB_HELP);
  const username = flags.username ?? (await ask(context, "Username: "));
  const password = flags.password ?? (await ask(context, "Password: ", true));
  if (username === "") throw new Failure("LOGIN_INVALID", { why: "username is empty" });
  if (password === "") throw new Failure("LOGIN_INVALID", { why: "password is empty" });
  return { username, password };
}

const unencrypted = (file: string): string =>
  `\nWARNING! Your credentials are stored unencrypted in '${file}'.\n` +
  "Configure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n";
