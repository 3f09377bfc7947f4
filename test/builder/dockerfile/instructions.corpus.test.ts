import { parseMount, type RunMount } from "../../../builder/dockerfile/instructions/mount.ts";
import { readStages } from "../../../builder/dockerfile/instructions/stages.ts";
import type {
  Argument,
  Command,
  CommandLine,
  InlineSource,
  ScriptFile,
  Stage,
  WrittenPair,
} from "../../../builder/dockerfile/instructions/types.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { Failure } from "../../../core/errors.ts";
import { compare, type Json, type Sample } from "./corpus.ts";

// Go prints an absent slice as null.
const list = <T>(values: readonly T[]): readonly T[] | null => (values.length > 0 ? values : null);
const pair = ({ key, value, legacy }: WrittenPair): Json => ({ Key: key, Value: value, NoDelim: legacy });
const argument = ({ key, value, description }: Argument): Json => ({
  Key: key,
  Value: value ?? null,
  DocComment: description,
});
const inline = ({ name, content, expand }: InlineSource): Json => ({
  Path: name,
  Data: content,
  Expand: expand,
});
const file = ({ name, content, chomp }: ScriptFile): Json => ({ Name: name, Data: content, Chomp: chomp });
const line = ({ command, shellForm }: CommandLine, files: readonly ScriptFile[] = []): Json => ({
  CmdLine: command,
  Files: list(files.map(file)),
  PrependShell: shellForm,
});

const mount = (m: RunMount): Json => ({
  Type: m.type,
  From: m.from,
  Source: m.source,
  Target: m.target,
  ReadOnly: m.readOnly,
  SizeLimit: m.sizeLimit,
  CacheID: m.id,
  CacheSharing: m.sharing ?? "",
  Required: m.required,
  Env: m.env ?? null,
  Mode: m.mode ?? null,
  UID: m.uid ?? null,
  GID: m.gid ?? null,
});

type Printers = {
  readonly [K in Command["kind"]]: (c: Extract<Command, { readonly kind: K }>) => [string, Json];
};
const PRINTERS: Printers = {
  ADD: (c) => [
    "AddCommand",
    {
      DestPath: c.destination,
      SourcePaths: list(c.sources),
      SourceContents: list(c.inline.map(inline)),
      Chown: c.chown,
      Chmod: c.chmod,
      Link: c.link,
      ExcludePatterns: list(c.exclude),
      KeepGitDir: c.keepGitDir ?? null,
      Checksum: c.checksum,
      Unpack: c.unpack ?? null,
    },
  ],
  ARG: (c) => ["ArgCommand", { Args: c.args.map(argument) }],
  CMD: (c) => ["CmdCommand", line(c)],
  COPY: (c) => [
    "CopyCommand",
    {
      DestPath: c.destination,
      SourcePaths: list(c.sources),
      SourceContents: list(c.inline.map(inline)),
      From: c.from,
      Chown: c.chown,
      Chmod: c.chmod,
      Link: c.link,
      ExcludePatterns: list(c.exclude),
      Parents: c.parents,
    },
  ],
  ENTRYPOINT: (c) => ["EntrypointCommand", { ...line(c), CmdLine: list(c.command) }],
  ENV: (c) => ["EnvCommand", { Env: c.pairs.map(pair) }],
  EXPOSE: (c) => ["ExposeCommand", { Ports: c.ports }],
  HEALTHCHECK: (c) => ["HealthCheckCommand", { Health: c.healthcheck }],
  LABEL: (c) => ["LabelCommand", { Labels: c.pairs.map(pair) }],
  MAINTAINER: (c) => ["MaintainerCommand", { Maintainer: c.name }],
  ONBUILD: (c) => ["OnbuildCommand", { Expression: c.expression }],
  RUN: (c) => ["RunCommand", { ...line(c, c.files), FlagsUsed: [...c.flagsUsed].sort() }],
  SHELL: (c) => ["ShellCommand", { Shell: c.shell }],
  STOPSIGNAL: (c) => ["StopSignalCommand", { Signal: c.signal }],
  USER: (c) => ["UserCommand", { User: c.user }],
  VOLUME: (c) => ["VolumeCommand", { Volumes: c.paths }],
  WORKDIR: (c) => ["WorkdirCommand", { Path: c.path }],
};

function command(c: Command): Json {
  const [type, cmd] = (PRINTERS[c.kind] as (c: Command) => [string, Json])(c);
  return {
    type,
    name: c.keyword,
    string: c.code,
    cmd,
    ...(c.kind === "RUN" && {
      mounts: c.mounts.map((text) => mount(parseMount(text, (value) => value))),
      network: c.network,
      security: c.security,
    }),
  };
}

const stage = ({ from, commands }: Stage): Json => ({
  base: from.base,
  name: from.name,
  orig: from.keyword,
  platform: from.platform,
  commands: commands.map(command),
});

/** The corpus has the flags of a RUN in the order of a Go map. */
const sorted = (stages: readonly Json[]): unknown =>
  JSON.parse(JSON.stringify(stages), (key, value: unknown) =>
    key === "FlagsUsed" ? [...(value as string[])].sort() : value,
  );

function got({ text }: Sample): unknown {
  try {
    const { globalArgs, stages } = readStages(parseDockerfile(text));
    return { metaArgs: globalArgs.map(({ args }) => args.map(argument)), stages: stages.map(stage) };
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

describe("Instructions of real Dockerfiles", () => {
  it("are typed as BuildKit types them", function () {
    compare(this, {
      what: "stages and global arguments",
      want: ({ stages, metaArgs, instrErr, parseErr }) =>
        stages === undefined ? (instrErr ?? parseErr) : { metaArgs: metaArgs ?? [], stages: sorted(stages) },
      got,
    });
  });
});
