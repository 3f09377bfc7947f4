import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { Slipway } from "./support/slipway.ts";

describe("log drivers", () => {
  let slipway: Slipway;
  before(async function () {
    slipway = await Slipway.open(this);
  });
  after(() => slipway?.[Symbol.asyncDispose]());

  const ran = async (flags: readonly string[], script: string): Promise<string> => {
    const id = await slipway.ok(["run", "-d", "--network", "none", ...flags, "busybox", "sh", "-c", script]);
    await slipway.ok(["wait", id]);
    return id;
  };
  const COUNT = "for i in $(seq 1 300); do echo line $i; done";

  for (const [driver, options, compressed] of [
    ["json-file", [], 0],
    ["json-file", ["--log-opt", "compress=true"], 2],
    ["local", [], 2],
    ["local", ["--log-opt", "compress=false"], 0],
  ] as const) {
    it(`rotate the files of ${[driver, ...options].join(" ")} and read them as one`, async () => {
      const id = await ran(
        ["--log-driver", driver, "--log-opt", "max-size=5k", "--log-opt", "max-file=3", ...options],
        COUNT,
      );
      const files = readdirSync(`${slipway.root}/containers/${id}`).filter((name) =>
        name.includes("json.log"),
      );
      assert.equal(files.length, 3);
      assert.equal(files.filter((name) => name.endsWith(".gz")).length, compressed);
      const lines = (await slipway.ok(["logs", id])).split("\n");
      assert.equal(lines.at(-1), "line 300");
      assert.ok(lines.length > 50 && lines.length < 300, `${lines.length} lines are left`);
      assert.equal(lines[0], `line ${301 - lines.length}`);
      assert.equal(await slipway.ok(["logs", "-n", "2", id]), "line 299\nline 300");
    });
  }

  it("keep labels and variables with each entry", async () => {
    const id = await ran(
      [
        "--label",
        "a=1",
        "--label",
        "b=2",
        "-e",
        "MODE=x y",
        "--log-opt",
        "labels=a,c",
        "--log-opt",
        "env-regex=^MO",
      ],
      "echo hi",
    );
    assert.equal(await slipway.ok(["logs", "--details", id]), "MODE=x+y,a=1 hi");
  });

  it("follow through files that are compressed meanwhile", async () => {
    const options = ["max-size=5k", "max-file=9", "compress=true"].flatMap((option) => ["--log-opt", option]);
    const argv = ["run", "-d", "--network", "none", ...options, "busybox", "sh", "-c", COUNT];
    const id = await slipway.ok(argv);
    const lines = (await slipway.ok(["logs", "-f", id])).split("\n");
    assert.deepEqual(
      lines,
      Array.from({ length: 300 }, (_, i) => `line ${i + 1}`),
    );
  });

  it("keep everything of a short run with mode=non-blocking, whatever the order of its options", async () => {
    const options = ["max-buffer-size=100k", "mode=non-blocking", "max-size=1m"];
    const id = await ran(
      options.flatMap((option) => ["--log-opt", option]),
      "echo one; sleep 0.1; echo two",
    );
    assert.equal(await slipway.ok(["logs", id]), "one\ntwo");
  });

  it("keep a tag of the container's fields with each entry", async () => {
    const tag = "tag={{.Name}}/{{ .ImageName }}/{{.ID}}/{{.Command}}";
    const id = await ran(["--name", "tagged", "--log-opt", tag], "echo hi");
    assert.equal(
      decodeURIComponent((await slipway.ok(["logs", "--details", id])).replaceAll("+", " ")),
      `tag=tagged/busybox/${id.slice(0, 12)}/sh -c echo hi hi`,
    );
  });

  it("keep a tag made by a template with functions and conditions", async () => {
    const tag =
      "tag={{with .ContainerLabels}}{{.a}}{{end}} {{truncate (upper .Name) 3}} {{printf `%q` .ImageName}} {{json .ContainerArgs}}{{if .ContainerEnv}}?{{else}}!{{end}}";
    const id = await ran(["--name", "templated", "-l", "a=b", "--log-opt", tag], "echo hi");
    assert.equal(
      decodeURIComponent((await slipway.ok(["logs", "--details", id])).replaceAll("+", " ")),
      'tag=b TEM "busybox" ["-c","echo hi"]! hi',
    );
  });

  it("keep nothing with none, and say so", async () => {
    const id = await ran(["--log-driver", "none"], "echo lost");
    const { code, err } = await slipway.run(["logs", id]);
    assert.equal(code, 1);
    assert.match(err, /configured logging driver does not support reading/);
  });

  const refused: readonly [flags: readonly string[], err: RegExp][] = [
    [["--log-driver", "syslog"], /error looking up logging plugin syslog: plugin "syslog" not found/],
    [["--log-opt", "bogus=1"], /unknown log opt 'bogus' for json-file log driver/],
    [["--log-driver", "none", "--log-opt", "max-size=1m"], /unknown log opt 'max-size' for none log driver/],
    [["--log-opt", "max-file=2"], /max-file cannot be specified without max-size/],
    [
      ["--log-opt", "mode=non-blocking", "--log-opt", "max-buffer-size=zz"],
      /invalid value for log opt max-buffer-size: zz/,
    ],
    [
      ["--log-opt", "max-buffer-size=1m"],
      /max-buffer-size option is only supported with 'mode=non-blocking'/,
    ],
    [["--log-opt", "mode=other"], /logger: logging mode not supported: other/],
    [
      ["--log-opt", "compress=true", "--log-opt", "max-size=1m"],
      /compress cannot be true when max-file is less than 2 or max-size is not set/,
    ],
    [["--log-opt", "compress=maybe"], /invalid value for log opt compress: maybe/],
    [
      ["--log-driver", "local", "--log-opt", "max-file=1"],
      /compression cannot be enabled when max file count is 1/,
    ],
    [["--log-driver", "local", "--log-opt", "env=A"], /unknown log opt 'env' for log driver local/],
    [
      ["--log-opt", "tag={{.Nam}}"],
      /invalid value for log opt tag: template: :1:2: .*map has no entry for key "Nam"/,
    ],
    [["--log-opt", "tag={{"], /invalid value for log opt tag: template: :1: unclosed action/],
    [["--log-opt", "tag={{nosuch .ID}}"], /invalid value for log opt tag: .*function "nosuch" not defined/],
    [
      ["--log-opt", "tag={{if .ID}}{{range 9}}x{{end}}{{end}}"],
      /\{\{range\}\} in --log-opt tag is not supported/,
    ],
    [
      ["--log-opt", `tag={{define "a"}}{{template "a"}}{{end}}{{template "a"}}`],
      /\{\{template\}\} or \{\{block\}\} in --log-opt tag is not supported/,
    ],
    [
      ["--log-opt", `tag={{$a := .FullID}}${"{{$a = print $a $a}}".repeat(40)}`],
      /invalid value for log opt tag: .*calling print: a text of more than 65536 characters/,
    ],
    [
      ["--log-opt", 'tag={{printf "%999999999s" .ID}}'],
      /invalid value for log opt tag: .*a width of 999999999 is more than 1000000/,
    ],
    [["--log-opt", `tag=${"{{.ID}}".repeat(200)}`], /a template has at most 1024 characters, this one 1400/],
    [["--log-opt", "labels-regex=("], /invalid value for log opt labels-regex: \(/],
  ];
  for (const [flags, err] of refused) {
    it(`refuse ${flags.join(" ")}`, async () =>
      assert.match((await slipway.run(["create", ...flags, "busybox"])).err, err));
  }
});
