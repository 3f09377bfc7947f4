import assert from "node:assert/strict";
import { type Flags, parseFlags } from "../../cli/flags.ts";
import { Failure } from "../../core/errors.ts";

const FLAGS = {
  detach: { kind: "bool", short: "d", help: "" },
  interactive: { kind: "bool", short: "i", help: "" },
  tty: { kind: "bool", short: "t", help: "" },
  "sig-proxy": { kind: "bool", default: true, help: "" },
  env: { kind: "list", short: "e", help: "" },
  memory: { kind: "bytes", short: "m", help: "" },
  name: { kind: "string", help: "" },
  tail: { kind: "string", short: "n", default: "all", help: "" },
  pids: { kind: "int", help: "" },
  cpus: { kind: "decimal", help: "" },
} as const satisfies Flags;
const DEFAULTS = {
  detach: false,
  interactive: false,
  tty: false,
  "sig-proxy": true,
  env: [],
  memory: undefined,
  name: undefined,
  tail: "all",
  pids: undefined,
  cpus: undefined,
};

const read = (argv: string, interspersed = false) =>
  parseFlags({ flags: FLAGS, unsupported: ["gpus", "G"], interspersed }, argv.split(" ").filter(Boolean));

describe("parseFlags()", () => {
  const good: readonly [argv: string, values: object, args: readonly string[]][] = [
    ["", {}, []],
    ["image", {}, ["image"]],
    ["-it image", { interactive: true, tty: true }, ["image"]],
    ["-dit image sh -c x", { detach: true, interactive: true, tty: true }, ["image", "sh", "-c", "x"]],
    ["--detach=false image", {}, ["image"]],
    ["--detach=1 image", { detach: true }, ["image"]],
    ["-d=true image", { detach: true }, ["image"]],
    ["--sig-proxy=false image", { "sig-proxy": false }, ["image"]],
    ["-e A=b -e C image", { env: ["A=b", "C"] }, ["image"]],
    ["-eA=b --env=C=d=e image", { env: ["A=b", "C=d=e"] }, ["image"]],
    ["-e=A=b image", { env: ["A=b"] }, ["image"]],
    ["-ite A=b image", { interactive: true, tty: true, env: ["A=b"] }, ["image"]],
    ["--name x image --name y", { name: "x" }, ["image", "--name", "y"]],
    ["--name= image", { name: "" }, ["image"]],
    ["--name --tty image", { name: "--tty" }, ["image"]],
    ["-m 512m image", { memory: 512 * 1024 ** 2 }, ["image"]],
    ["-m -1 image", { memory: -1 }, ["image"]],
    ["--pids -1 image", { pids: -1 }, ["image"]],
    ["--cpus .5 image", { cpus: ".5" }, ["image"]],
    ["-- -d image", {}, ["-d", "image"]],
    ["- -d", {}, ["-", "-d"]],
  ];
  for (const [argv, values, args] of good) {
    it(`reads ${JSON.stringify(argv)}`, () =>
      assert.deepEqual(read(argv), { values: { ...DEFAULTS, ...values }, args }));
  }

  it("reads flags after arguments where the command allows it", () =>
    assert.deepEqual(read("a -d b --tail 3", true), {
      values: { ...DEFAULTS, detach: true, tail: "3" },
      args: ["a", "b"],
    }));

  const bad: readonly [argv: string, message: string][] = [
    ["--nope image", "unknown flag: --nope"],
    ["--nope=1 image", "unknown flag: --nope"],
    ["--toString image", "unknown flag: --toString"],
    ["-ix image", "unknown shorthand flag: 'x' in -ix"],
    ["--name", "flag needs an argument: --name"],
    ["-e", "flag needs an argument: 'e' in -e"],
    ["-m 1x image", 'invalid argument "1x" for "-m, --memory" flag: invalid size: \'1x\''],
    [
      "--detach=maybe image",
      'invalid argument "maybe" for "-d, --detach" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ],
    [
      "--pids x image",
      'invalid argument "x" for "--pids" flag: strconv.ParseInt: parsing "x": invalid syntax',
    ],
    ["--gpus all image", "--gpus is not supported"],
    ["-G all image", "-G is not supported"],
  ];
  for (const [argv, message] of bad) {
    it(`refuses ${JSON.stringify(argv)}`, () =>
      assert.throws(
        () => read(argv),
        (error) => error instanceof Failure && error.message === message,
      ));
  }
});
