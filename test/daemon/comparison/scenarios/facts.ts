import { scenario } from "../scenario.ts";

export const facts = scenario("facts", [
  "create --name cmp-facts --network none -l a=1 -l b=2 -e A=1 -w /tmp -u 1:2 --restart on-failure:3 -m 32m -c 512 --cap-add NET_ADMIN comparison/base echo hi",
  "inspect -f '{{json .Config.Labels}} {{json .Config.Env}} {{.Config.WorkingDir}} {{.Config.User}}' cmp-facts",
  "inspect -f '{{json .Config.Cmd}} {{json .Config.Entrypoint}} {{.Path}} {{json .Args}} {{.Config.Image}}' cmp-facts",
  "inspect -f '{{json .HostConfig.RestartPolicy}} {{.HostConfig.Memory}} {{.HostConfig.CpuShares}} {{json .HostConfig.CapAdd}}' cmp-facts",
  "inspect -f '{{.HostConfig.NetworkMode}} {{json .HostConfig.PortBindings}} {{json .HostConfig.LogConfig}}' cmp-facts",
  // How layers are stacked is the root's own affair.
  `inspect -f '{{json .Mounts}} {{ne .Driver ""}} {{.Platform}}' cmp-facts`,
  "inspect -f '{{.State.Status}} {{.State.ExitCode}} {{.State.StartedAt}} {{.State.Pid}}' cmp-facts",
  "inspect -f '{{.Nosuch}}' cmp-facts",
  "inspect cmp-nope",
  "inspect -s -f '{{.SizeRw}}' cmp-facts",
  "ps -a --filter name=cmp-facts --format '{{.Labels}}'",
  "ps -a --filter name=cmp-facts --format '{{.Label \"a\"}} {{.Mounts}} {{.Ports}} {{.RunningFor}}'",
  "ps -a --filter ancestor=comparison/base --filter name=cmp-facts --format '{{.Names}}'",
  "ps -a --filter volume=/x --filter name=cmp-facts -q",
  { command: "ps -a --filter nosuch=1", differs: "the filters there are are named too" },
  { command: "ps -a --filter status=nosuch", differs: "the same reason in other words" },
  "ps -n 1 --filter name=cmp-facts --format '{{.Names}}'",
  "container ls -a -f label=b=2 -f name=cmp-facts --format json",
  "rm cmp-facts",
  "create --name cmp-bare --network none --mount type=tmpfs,dst=/t --privileged --security-opt seccomp=unconfined comparison/base true",
  "inspect -f '{{json .Config.Env}} {{json .HostConfig.Mounts}} {{json .HostConfig.SecurityOpt}} {{json .ExecIDs}}' cmp-bare",
  "rm cmp-bare",
  "network create --attachable cmp-attachable",
  "network inspect -f '{{.Attachable}} {{.Internal}} {{json .Options}}' cmp-attachable",
  "network rm cmp-attachable",
  // The bridge's own name and MTU are the host's affair.
  `network inspect -f '{{range $k, $v := .Options}}{{if not (or (eq $k "com.docker.network.bridge.name") (eq $k "com.docker.network.driver.mtu"))}}{{$k}}={{$v}} {{else}}{{$k}} {{end}}{{end}}' bridge`,
  "network inspect -f '{{json .Options}} {{json .IPAM}} {{json .Labels}} {{json .ConfigFrom}}' host none",
]);
