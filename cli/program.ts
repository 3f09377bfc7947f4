import { Failure, isCode } from "../core/errors.ts";
import type { Engine } from "../engine/api.ts";
import { spellDaemon } from "./classic-daemon.ts";
import type { Command, Entry } from "./command.ts";
import { CONNECTION_FLAGS, daemonFlags } from "./connection/asked.ts";
import { type ConnectOptions, type Context, print, warn } from "./context.ts";
import { exitCodeOf, printError } from "./errors.ts";
import { type Flags, parseFlags } from "./flags.ts";
import { groupDepth } from "./groups.ts";

/** How a command reaches its engine: connect.ts, or a test's own. */
export type Connect = (options: ConnectOptions) => Promise<Engine>;

const GLOBAL_FLAGS = {
  debug: { kind: "bool", short: "D", help: "Print where an error came from" },
  ...CONNECTION_FLAGS,
  "insecure-registry": {
    kind: "list",
    help: "Registry (host, host:port or network) that needs no trusted certificate, or no TLS at all",
  },
  "registry-mirror": { kind: "list", type: "url", help: "Mirror that is asked before Docker Hub" },
  root: { kind: "string", help: "Directory of the state" },
  version: { kind: "bool", short: "v", help: "Print version information and quit" },
  help: { kind: "bool", help: "Print usage" },
} as const satisfies Flags;

const OWN_FLAGS = ["insecure-registry", "registry-mirror"] as const;

/** Runs one command line; resolves with the exit code. Rejects only when an error cannot even be printed. */
export async function runProgram(
  argv: readonly string[],
  surroundings: Omit<Context, "engine" | "connection" | "debug" | "daemonFlags">,
  connect: Connect,
): Promise<number> {
  const { env } = surroundings;
  let engine: Promise<Engine> | undefined;
  let context: Context = {
    ...surroundings,
    debug: false,
    daemonFlags: [],
    connection: { root: undefined, daemon: {}, env, own: [], insecureRegistries: [], registryMirrors: [] },
    engine: () => Promise.reject(new Error("not connected")),
  };
  try {
    const grammar = { flags: GLOBAL_FLAGS, interspersed: false } as const;
    const { values, args } = parseFlags(grammar, spellDaemon(GLOBAL_FLAGS, argv));
    const connection: ConnectOptions = {
      root: values.root,
      daemon: values,
      env,
      own: OWN_FLAGS.filter((name) => values[name].length > 0).map((name) => `--${name}`),
      insecureRegistries: [...values["insecure-registry"], ...words(env["SLIPWAY_INSECURE_REGISTRIES"])],
      registryMirrors: [...values["registry-mirror"], ...words(env["SLIPWAY_REGISTRY_MIRRORS"])],
    };
    context = {
      ...context,
      connection,
      debug: values.debug,
      daemonFlags: daemonFlags(values),
      engine: (instead = {}) => {
        engine ??= connect({ ...connection, ...instead });
        return engine;
      },
    };
    return await dispatch(context, values.version ? ["version", "--short"] : args, values.help);
  } catch (error) {
    await printError(context, error);
    return exitCodeOf(error);
  } finally {
    await (await engine?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}

/** A list in a variable: separated by commas or blanks. */
const words = (list = ""): readonly string[] => list.split(/[\s,]+/).filter((word) => word !== "");

/** Finds the command the words begin with. */
async function dispatch(context: Context, words: readonly string[], help: boolean): Promise<number> {
  const [first, second] = words;
  if (first === "help" && second !== undefined)
    return dispatch(context, [...words.slice(1), "--help"], false);
  if (first === undefined || first === "help" || help) {
    const { rootHelp } = await import("./root-help.ts");
    await print(context, rootHelp(context));
    return 0;
  }
  const depth = groupDepth(words);
  const spelling = words.slice(0, depth + 1);
  const name = spelling.join(" ");
  const entry = context.commands.find(({ names }) => names.includes(name));
  if (entry !== undefined) return runCommand(context, entry, words.slice(spelling.length));
  const { groupHelp, unknownCommand } = await import("./root-help.ts");
  const next = words[depth];
  if (depth === 0 || (next !== undefined && next !== "--help")) throw unknownCommand(context, words);
  await print(context, groupHelp(context, words.slice(0, depth).join(" ")));
  return 0;
}

const HELP_FLAG = { help: { kind: "bool", help: "Print usage" } } as const satisfies Flags;

async function runCommand(context: Context, entry: Entry, argv: readonly string[]): Promise<number> {
  const command: Command = await entry.load();
  try {
    const { values, args } = parseFlags(
      {
        flags: { ...command.flags, ...HELP_FLAG },
        unsupported: command.unsupported ?? [],
        interspersed: command.passThrough !== true,
      },
      argv,
    );
    if (values.help === true) {
      const { commandHelp } = await import("./help.ts");
      await print(context, commandHelp(context.program, entry, command, context.stdout.columns));
      return 0;
    }
    await checkArguments(context, entry, command, args);
    return await command.run(context, args, values);
  } catch (error) {
    if (isCode(error, "FLAG_INVALID") || isCode(error, "ARGUMENTS_INVALID")) {
      const { nameOf, usageOf } = await import("./help.ts");
      const remedy = `Run '${context.program} ${nameOf(entry)} --help' for more information`;
      await warn(context, [error.message, usageOf(context.program, entry, command), remedy].join("\n\n"));
      return exitCodeOf(error);
    }
    await printError(context, error);
    return exitCodeOf(error, command);
  }
}

/** Throws ARGUMENTS_INVALID in the words of docker's client. */
async function checkArguments(
  { program }: Context,
  entry: Entry,
  { args: { min, max } }: Command,
  args: readonly string[],
): Promise<void> {
  if (args.length >= min && (max === undefined || args.length <= max)) return;
  const { nameOf } = await import("./help.ts");
  const count = (n: number) => `${n} argument${n === 1 ? "" : "s"}`;
  const bound = args.length < min ? `at least ${count(min)}` : `at most ${count(max ?? min)}`;
  const want = max === 0 ? "accepts no arguments" : `requires ${min === max ? count(min) : bound}`;
  throw new Failure("ARGUMENTS_INVALID", { why: `${program}: '${program} ${nameOf(entry)}' ${want}` });
}
