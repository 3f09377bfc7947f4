import type { Healthcheck } from "../../../image/config.ts";
import type { LineRange } from "../ast.ts";

/** What every instruction carries. */
interface Common<K extends string> {
  readonly kind: K;
  /** As written: "RUN", "run". */
  readonly keyword: string;
  /** The source on one line, without comments and here-document content. */
  readonly code: string;
  readonly lines: LineRange;
  /** Comments above the instruction, without "#". */
  readonly comments: readonly string[];
}

export interface Pair {
  readonly key: string;
  readonly value: string;
}
export interface WrittenPair extends Pair {
  /** Written `NAME value`, without "=". */
  readonly legacy: boolean;
}
export interface Env extends Common<"ENV"> {
  readonly pairs: readonly WrittenPair[];
}
export interface Label extends Common<"LABEL"> {
  readonly pairs: readonly WrittenPair[];
}
export interface Maintainer extends Common<"MAINTAINER"> {
  readonly name: string;
}

/** A file whose content is in the Dockerfile; tabs are already taken off where `<<-` asks for it. */
export interface InlineSource {
  readonly name: string;
  readonly content: string;
  /** Variables in the content are to be expanded. */
  readonly expand: boolean;
}
interface Transfer {
  readonly sources: readonly string[];
  readonly inline: readonly InlineSource[];
  readonly destination: string;
  readonly chown: string;
  readonly chmod: string;
  readonly link: boolean;
  readonly exclude: readonly string[];
}
export interface Add extends Common<"ADD">, Transfer {
  /** Undefined leaves the choice to the kind of source. */
  readonly keepGitDir: boolean | undefined;
  readonly checksum: string;
  /** Undefined: local archives are unpacked, downloaded ones are not. */
  readonly unpack: boolean | undefined;
}
export interface Copy extends Common<"COPY">, Transfer {
  /** A stage's name or index, or an image; "" for the build context. */
  readonly from: string;
  readonly parents: boolean;
}

/** The beginning of a stage. */
export interface From extends Common<"FROM"> {
  readonly base: string;
  /** In lower case; "" when the stage has no name. */
  readonly name: string;
  readonly platform: string;
  /** The comment `# name description` above it. */
  readonly description: string;
}

/** A command, for the shell (one string) or to be executed as it is (its words). */
export interface CommandLine {
  readonly command: readonly string[];
  readonly shellForm: boolean;
}
/** A here-document of RUN; `content` still has the tabs that `chomp` asks to take off. */
export interface ScriptFile {
  readonly name: string;
  readonly content: string;
  readonly chomp: boolean;
}
export interface Device {
  readonly name: string;
  readonly required: boolean;
}
export const NETWORKS = ["default", "none", "host"] as const;
export const SECURITY_MODES = ["insecure", "sandbox"] as const;

export interface Run extends Common<"RUN">, CommandLine {
  readonly files: readonly ScriptFile[];
  /** Values of --mount, not yet expanded; parseMount gives them a meaning. */
  readonly mounts: readonly string[];
  readonly network: (typeof NETWORKS)[number];
  readonly security: (typeof SECURITY_MODES)[number];
  readonly devices: readonly Device[];
  /** Names of the flags that are written, without dashes. */
  readonly flagsUsed: readonly string[];
}
export interface Cmd extends Common<"CMD">, CommandLine {}
export interface Entrypoint extends Common<"ENTRYPOINT">, CommandLine {}
export interface Shell extends Common<"SHELL"> {
  readonly shell: readonly string[];
}
export interface HealthcheckInstruction extends Common<"HEALTHCHECK"> {
  readonly healthcheck: Healthcheck;
}
export interface Expose extends Common<"EXPOSE"> {
  readonly ports: readonly string[];
}
export interface User extends Common<"USER"> {
  readonly user: string;
}
export interface Volume extends Common<"VOLUME"> {
  readonly paths: readonly string[];
}
export interface Workdir extends Common<"WORKDIR"> {
  readonly path: string;
}
export interface StopSignal extends Common<"STOPSIGNAL"> {
  readonly signal: string;
}
export interface Argument {
  readonly key: string;
  /** Undefined when none is written, which is not the same as an empty one. */
  readonly value: string | undefined;
  /** The comment `# key description` above the instruction. */
  readonly description: string;
}
export interface Arg extends Common<"ARG"> {
  readonly args: readonly Argument[];
}
export interface Onbuild extends Common<"ONBUILD"> {
  /** The instruction as it will stand in the image's configuration. */
  readonly expression: string;
}

/** Everything that can stand inside a stage. */
export type Command =
  | Add
  | Arg
  | Cmd
  | Copy
  | Entrypoint
  | Env
  | Expose
  | HealthcheckInstruction
  | Label
  | Maintainer
  | Onbuild
  | Run
  | Shell
  | StopSignal
  | User
  | Volume
  | Workdir;
export type Instruction = Command | From;
export type Keyword = Instruction["kind"];

/** A stage as it is written. */
export interface Stage {
  readonly from: From;
  readonly commands: readonly Command[];
}
export interface TypedDockerfile {
  /** ARGs before the first FROM. */
  readonly globalArgs: readonly Arg[];
  readonly stages: readonly Stage[];
}
