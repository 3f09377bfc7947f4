import assert from "node:assert/strict";
import { COMMANDS } from "../../cli/commands/table.ts";
import { GROUPS } from "../../cli/groups.ts";
import { Failure } from "../../core/errors.ts";
import { runCli } from "./support/run-cli.ts";

describe("the command line", () => {
  const wrong: readonly [argv: string, code: number, text: RegExp][] = [
    ["run --nope x", 125, /^unknown flag: --nope\n\nUsage: {2}slipway run \[OPTIONS\] IMAGE/],
    [
      "ps --nope",
      125,
      /^unknown flag: --nope\n\nUsage: {2}slipway ps \[OPTIONS\]\n\nRun 'slipway ps --help'/,
    ],
    ["run", 1, /^slipway: 'slipway run' requires at least 1 argument\n/],
    ["ps x", 1, /^slipway: 'slipway ps' accepts no arguments\n/],
    ["logs", 1, /^slipway: 'slipway logs' requires 1 argument\n/],
    ["cp a", 1, /'slipway cp' requires 2 arguments\n\nUsage: {2}slipway cp .*\n\tslipway cp /],
    ["images a b", 1, /'slipway images' requires at most 1 argument\n/],
    ["nope", 1, /^Error: unknown command: slipway nope\nhint: run 'slipway --help'/],
    ["container nope", 1, /^Error: unknown command: slipway container nope\n/],
    ["context x", 1, /^Error: unknown command: slipway context x\n/],
    [
      "-H unix:///x daemon",
      1,
      /^Error: invalid value "before daemon" for --host: expected to name a daemon to use\nhint: .*'slipway daemon --host/,
    ],
    ["run --gpus all x", 125, /^Error: --gpus is not supported\n/],
    ["create --gpus all x", 1, /^Error: --gpus is not supported\n/],
    [
      "run --pull often x",
      125,
      /^Error: invalid value "often" for --pull: expected always, missing or never\n/,
    ],
    ["run -it x", 125, /^Error: the input device is not a TTY\n/],
    ["run -a out x", 125, /^Error: invalid value "out" for --attach/],
    ["run -d -a stdout x", 125, /^Error: conflicting options: -a and -d\n/],
    ["run --rm --restart always x", 125, /^Error: conflicting options: --restart and --rm\n/],
    ["cp a b", 1, /^Error: must specify at least one container source\n/],
    ["cp a:/x b:/y", 1, /^Error: copying between containers is not supported\n/],
    ["inspect --type nope x", 1, /^Error: invalid value "nope" for --type/],
    ["completion tcsh", 1, /^Error: invalid value "tcsh" for shell: expected bash, zsh, fish\n/],
  ];
  for (const [argv, code, text] of wrong) {
    it(`ends "${argv}" with ${code} and says why`, async () => {
      const ran = await runCli(argv.split(" "));
      assert.match(ran.err, text);
      assert.deepEqual([ran.code, ran.out, ran.calls], [code, "", []]);
    });
  }

  describe("-d", () => {
    const checked = "--validate --config-file /dev/null";
    const same: readonly string[] = [
      `-d ${checked}`,
      `--daemon ${checked} -H unix:///tmp/x.sock`,
      `--root /tmp/x -D -H unix:///tmp/x.sock --host=fd:// -d ${checked}`,
    ];
    for (const line of same) {
      it(`is "daemon" in "${line}"`, async () => {
        const { code, out, err, calls } = await runCli(line.split(" "));
        assert.deepEqual([code, out, err, calls], [0, "", "configuration OK\n", []]);
      });
    }
    const others: readonly [line: string, code: number, err: RegExp][] = [
      ["-d nosuch", 1, /'slipway daemon' accepts no arguments/],
      ["-d --nope", 125, /^unknown flag: --nope\n\nUsage: {2}slipway daemon /],
      ["-H http://x -d --config-file /dev/null", 1, /http:\/\/x/],
      ["ps -d", 125, /^unknown shorthand flag: 'd' in -d\n\nUsage: {2}slipway ps /],
    ];
    for (const [line, code, err] of others) {
      it(`ends "${line}" with ${code}`, async () => {
        const ran = await runCli(line.split(" "));
        assert.match(ran.err, err);
        assert.equal(ran.code, code);
      });
    }
  });

  it("prints the root's help without arguments", async () => {
    const { code, out } = await runCli([]);
    assert.equal(code, 0);
    assert.match(out, /^Usage: {2}slipway \[OPTIONS\] COMMAND\n/);
    for (const { names } of COMMANDS) {
      const short = names.find((name) => !name.includes(" "));
      if (short !== undefined) assert.match(out, new RegExp(`^ {2}${short} +\\S`, "m"));
    }
  });

  for (const group of Object.keys(GROUPS)) {
    it(`lists the commands of "${group}"`, async () => {
      const { code, out } = await runCli([group]);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: {2}slipway ${group} COMMAND\n`));
    });
  }

  for (const { names, summary } of COMMANDS) {
    for (const name of names) {
      it(`explains "${name}"`, async () => {
        const { code, out } = await runCli([...name.split(" "), "--help"]);
        assert.equal(code, 0);
        assert.match(out, /^Usage: {2}slipway /);
        assert.ok(out.includes(summary));
        assert.ok(
          out.split("\n").every((line) => line.length <= 100),
          "every line fits",
        );
      });
    }
  }

  it("gives every spelling to one command", () => {
    const names = COMMANDS.flatMap((entry) => entry.names);
    assert.deepEqual(
      names.filter((name, index) => names.indexOf(name) !== index),
      [],
    );
  });

  it("lists a supported flag never as unsupported, and a letter once", async () => {
    for (const { names, load } of COMMANDS) {
      const { flags, unsupported = [] } = await load();
      const shorts = Object.values(flags as Record<string, { short?: string }>).flatMap(
        ({ short }) => short ?? [],
      );
      assert.equal(new Set(shorts).size, shorts.length, names[0]);
      for (const name of unsupported)
        assert.ok(!(name in flags) && !shorts.includes(name), `${names[0]}: ${name}`);
    }
  });

  it("goes on after an argument that fails, as docker does", async () => {
    const ran = await runCli(["rm", "a", "b"], {
      answers: {
        "containers.remove": (name: string) => {
          if (name === "a") throw new Failure("CONTAINER_UNKNOWN", { container: "a" });
        },
      },
    });
    assert.deepEqual([ran.code, ran.out, ran.err], [1, "b\n", "Error: No such container: a\n"]);
  });

  it("prints where an error came from with --debug", async () => {
    const answers = {
      "images.tag": () => {
        throw new Failure("IMAGE_UNKNOWN", { reference: "a:latest" }, { cause: new Error("inner") });
      },
    };
    assert.match((await runCli(["-D", "tag", "a", "b"], { answers })).err, /Error: inner\n +at /);
    assert.doesNotMatch((await runCli(["tag", "a", "b"], { answers })).err, / at /);
  });
});
