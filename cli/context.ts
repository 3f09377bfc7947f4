import type { CacheCare, Engine } from "../engine/api.ts";
import type { Entry } from "./command.ts";
import type { AskedDaemon } from "./connection/asked.ts";

/** What decides which engine a command gets. */
export interface ConnectOptions {
  /** `--root`. */
  readonly root: string | undefined;
  readonly daemon: AskedDaemon;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Set by what works on a state root itself, whatever else is said. */
  readonly embedded?: true;
  /** Flags of the command line that only an engine in this process heeds. */
  readonly own: readonly string[];
  /** Of a new state root, in place of what the environment says. */
  readonly storageDriver?: string | undefined;
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  /** Of a daemon, in place of these and of what the environment says. Asked each time, as they may be read again. */
  readonly settings?: () => EngineSettingsNow;
}
export interface EngineSettingsNow extends Pick<ConnectOptions, "insecureRegistries" | "registryMirrors"> {
  /** What keeps the build cache small, or that nothing does; undefined leaves it to the environment. */
  readonly cacheCare: CacheCare | "off" | undefined;
}

/** What a command may touch of the process it runs in. Tests pass their own. */
export interface Context {
  /** Connects at the first call, as the command line says but for `instead`; main() disposes it. */
  readonly engine: (instead?: Partial<ConnectOptions>) => Promise<Engine>;
  /** What decides that, as the command line says. */
  readonly connection: ConnectOptions;
  /** Opening it takes longer than most commands take that never look at it. */
  readonly stdin: () => Input;
  /** Hands keys on as they are typed and output as it comes, until disposed; for when standard input is a terminal. */
  readonly rawMode: () => Promise<Disposable>;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where signals for the process arrive. */
  readonly signals: SignalSource;
  /** Whether errors say where they came from. */
  readonly debug: boolean;
  /** The global flags that were given and name a daemon to use: "--host". */
  readonly daemonFlags: readonly string[];
  /** All commands, for those that are about commands. */
  readonly commands: readonly Entry[];
  /** The program's name in messages. */
  readonly program: string;
}

/** Where bytes go. */
export interface Sink {
  /** Calls `done` when another write is welcome. */
  write(data: string | Uint8Array, done?: (error?: Error | null) => void): boolean;
}
export type Output = Sink & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}

/** Writes and waits while the reader is slower than we are. */
export function write(stream: Sink, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(data, (error) => (error ? reject(error) : resolve()));
  });
}

export const print = (context: Context, text: string): Promise<void> => write(context.stdout, `${text}\n`);
export const warn = (context: Context, text: string): Promise<void> => write(context.stderr, `${text}\n`);
