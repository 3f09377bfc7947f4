import { scenario } from "../scenario.ts";

export const engine = scenario("the engine", [
  "version -f '{{.Server.APIVersion}} {{.Server.Os}}/{{.Server.Arch}} {{.Server.MinAPIVersion}}'",
  "info -f '{{.OSType}} {{.Architecture}} {{.Swarm.LocalNodeState}} {{json .GenericResources}}'",
  "info -f '{{.IndexServerAddress}} {{json .Plugins.Authorization}} {{.LoggingDriver}}'",
  "system df --format '{{.Type}}'",
  "system info -f 'processors={{.NCPU}} memory={{.MemTotal}} kernel={{.KernelVersion}} cgroup={{.CgroupVersion}}'",
  "run --name cmp-events --network none comparison/base true",
  "rm cmp-events",
  {
    command:
      "events --since 1m --until 0s -f container=cmp-events --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}} {{.Scope}}'",
    until: /destroy/,
  },
  "events --since 1m --until 0s -f container=cmp-events -f event=die --format '{{.Actor.Attributes.exitCode}} {{.Actor.Attributes.image}}'",
  "run --name cmp-mounted --network none -v cmp-told:/x comparison/base true",
  "rm cmp-mounted",
  "volume rm cmp-told",
  {
    command:
      "events --since 1m --until 0s -f volume=cmp-told --format '{{.Type}} {{.Action}} {{json .Actor.Attributes}}'",
    until: /destroy/,
  },
  "create --name cmp-copied --network none comparison/base true",
  "cp cmp-copied:/etc/passwd passwd",
  "cp passwd cmp-copied:/tmp",
  "commit cmp-copied cmp-copied:1",
  { command: "rmi cmp-copied:1", differs: "layers are removed later and not named" },
  "rm cmp-copied",
  {
    command:
      "events --since 1m --until 0s -f container=cmp-copied --format '{{.Action}} {{.Actor.Attributes.imageRef}}'",
    until: /destroy/,
  },
  {
    command: "events --since 1m --until 0s -f nosuch=1",
    differs: "a filter there is not is refused instead of ignored",
    code: 1,
  },
  "node ls",
  "service ls",
  "stack ls",
  "secret ls",
  "config ls",
  "swarm leave",
  "plugin ls",
  "plugin inspect cmp/nope",
  {
    command: "pull 127.0.0.1:9/cmp/nope",
    differs: "the same reason in the words of another network library",
  },
  "push cmp/nope",
  "push 127.0.0.1:9/cmp/nope",
  {
    command: "login -u ann --password-stdin 127.0.0.1:9",
    stdin: "secret",
    differs: "the same reason in the words of another network library",
  },
  {
    command: "search 127.0.0.1:9/cmp",
    differs: "the registry is asked by the second version of its protocol",
  },
  "pull 'cmp/BAD name'",
  "pull cmp/Upper:1",
  "nosuch-command",
]);
