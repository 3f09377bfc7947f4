import { scenario } from "../scenario.ts";

const RUN = "run --rm --network none";

export const runs = scenario("running", [
  `${RUN} comparison/base echo hello`,
  `${RUN} comparison/base sh -c 'echo out; echo err >&2; exit 7'`,
  { command: `${RUN} -i comparison/base cat`, stdin: "through\n" },
  {
    command: `${RUN} comparison/base nosuch-program`,
    differs: "the same reason, without the runtimes it came through",
  },
  {
    command: `${RUN} comparison/base /etc`,
    differs: "the same reason, without the runtimes it came through",
  },
  `${RUN} -w relative comparison/base true`,
  `${RUN} -w /tmp/new comparison/base pwd`,
  `${RUN} -u 12:34 comparison/base id`,
  `${RUN} -u nosuch comparison/base id`,
  `${RUN} -e A=1 -e B=2 comparison/base sh -c 'echo $A $B'`,
  `${RUN} -h boxhost comparison/base hostname`,
  `${RUN} --entrypoint echo comparison/base entry`,
  `${RUN} --read-only comparison/base touch /x`,
  `${RUN} --tmpfs /scratch:size=1m comparison/base sh -c 'touch /scratch/x && ls /scratch'`,
  `${RUN} --cap-drop ALL comparison/base chown 1:1 /tmp`,
  `${RUN} --cap-add NOSUCH comparison/base true`,
  `${RUN} -m 1m comparison/base true`,
  `${RUN} -m 64m comparison/base true`,
  `${RUN} --cpus 1000 comparison/base true`,
  `${RUN} --ulimit nofile=77:77 comparison/base sh -c 'ulimit -n'`,
  `${RUN} --sysctl net.ipv4.ip_forward=1 comparison/base cat /proc/sys/net/ipv4/ip_forward`,
  {
    command: `${RUN} --dns 1.2.3.4 comparison/base cat /etc/resolv.conf`,
    differs: "the file has no comments",
  },
  `${RUN} -v /nosuch-relative:also:bad:very comparison/base true`,
  `${RUN} -v relative/path:/x comparison/base true`,
  `${RUN} --mount type=bind,src=/nosuch/cmp,dst=/x comparison/base true`,
  `${RUN} --mount type=tmpfs,dst=/mnt comparison/base touch /mnt/x`,
  {
    command: `${RUN} --security-opt nosuch=1 comparison/base true`,
    differs: "the same reason in other words",
  },
  `${RUN} --restart always comparison/base true`,
  `${RUN} --restart sometimes comparison/base true`,
  `${RUN} --pull never cmp/nope:1`,
  {
    command: `${RUN} --platform linux/nosuch --pull never comparison/base true`,
    differs: "the same reason in other words",
  },
  `${RUN} --name 'bad name' comparison/base true`,
  `${RUN} --network nosuch comparison/base true`,
  `${RUN} --stop-signal NOSUCH comparison/base true`,
  `${RUN} -t comparison/base echo terminal`,
  {
    command: `${RUN} --init comparison/base sh -c 'cat /proc/1/comm'`,
    differs: "the init process has another name",
  },
  "run -d --name cmp-detached --network none comparison/base sleep 60",
  "run --name cmp-detached --network none comparison/base true",
  "attach --no-stdin cmp-nope",
  "rm -f cmp-detached",
]);
