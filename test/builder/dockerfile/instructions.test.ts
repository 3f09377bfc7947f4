import assert from "node:assert/strict";
import fc from "fast-check";
import { parseDevice } from "../../../builder/dockerfile/instructions/device.ts";
import { parseMount, type RunMount } from "../../../builder/dockerfile/instructions/mount.ts";
import {
  formatDuration,
  parseDuration,
  parseSize,
} from "../../../builder/dockerfile/instructions/numbers.ts";
import { readStages } from "../../../builder/dockerfile/instructions/stages.ts";
import type { Command } from "../../../builder/dockerfile/instructions/types.ts";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { Problem } from "../../../builder/dockerfile/problem.ts";
import { suggest } from "../../../builder/dockerfile/suggest.ts";
import { isCode } from "../../../core/errors.ts";

const read = (text: string) => readStages(parseDockerfile(text));
function command<K extends Command["kind"]>(kind: K, text: string): Extract<Command, { readonly kind: K }> {
  const found = read(`FROM a\n${text}`).stages[0]?.commands[0];
  assert.equal(found?.kind, kind);
  return found as Extract<Command, { readonly kind: K }>;
}
function fault(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (isCode(error, "DOCKERFILE_INVALID")) return error.detail.message;
    throw error;
  }
  return assert.fail("it is accepted");
}

/** What is behind "dockerfile parse error on line 2: ". */
const FAULTS: readonly (readonly [text: string, message: string])[] = [
  ["BOGUS x", "unknown instruction: BOGUS"],
  ["RUNN x", "unknown instruction: RUNN (did you mean RUN?)"],
  ["coppy x", "unknown instruction: coppy (did you mean copy?)"],
  ["constructor", "unknown instruction: constructor"],
  ["COPY --chwon=x a b", "unknown flag: --chwon (did you mean chown?)"],
  ["COPY --toString=x a b", "unknown flag: --toString"],
  ["ADD --from=x a b", "unknown flag: --from"],
  ["COPY --from a b", "missing a value on flag: --from"],
  ["COPY --from=a --from=b a b", "duplicate flag specified: --from"],
  ["COPY --link=yes a b", "expecting boolean value for flag --link, not: yes"],
  ["COPY --link= a b", "missing a value on flag: --link"],
  [
    "COPY a",
    "COPY requires at least two arguments, but only one was provided. Destination could not be determined",
  ],
  [
    "ADD a",
    "ADD requires at least two arguments, but only one was provided. Destination could not be determined",
  ],
  ["COPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination"],
  ["ENV", "ENV requires at least one argument"],
  ["ENV =x", "ENV names can not be blank"],
  ["LABEL =x", "LABEL names can not be blank"],
  ["ARG =x", "ARG names can not be blank"],
  ["ARG", "ARG requires at least one argument"],
  ["EXPOSE", "EXPOSE requires at least one argument"],
  ["VOLUME", "VOLUME requires at least one argument"],
  ['VOLUME [""]', "VOLUME specified can not be an empty string"],
  ["USER", "USER requires exactly one argument"],
  ["WORKDIR", "WORKDIR requires exactly one argument"],
  ["STOPSIGNAL", "STOPSIGNAL requires exactly one argument"],
  ["MAINTAINER", "MAINTAINER requires exactly one argument"],
  ["SHELL", "SHELL requires at least one argument"],
  ["SHELL []", "SHELL requires at least one argument"],
  ["SHELL bash", "SHELL requires the arguments to be in JSON form"],
  ["ONBUILD", "ONBUILD requires at least one argument"],
  ["ONBUILD onbuild RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"],
  ["ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"],
  ["ONBUILD maintainer x", "MAINTAINER isn't allowed as an ONBUILD trigger"],
  ["HEALTHCHECK", "HEALTHCHECK requires at least one argument"],
  ["HEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"],
  ["HEALTHCHECK CMD", "Missing command after HEALTHCHECK CMD"],
  ["HEALTHCHECK curl x", `Unknown type "CURL" in HEALTHCHECK (try CMD)`],
  ["HEALTHCHECK --interval=5 CMD x", `time: missing unit in duration "5"`],
  ["HEALTHCHECK --interval=x CMD x", `time: invalid duration "x"`],
  ["HEALTHCHECK --timeout=5y CMD x", `time: unknown unit "y" in duration "5y"`],
  ["HEALTHCHECK --start-period=1us CMD x", `Interval "start-period" cannot be less than 1ms`],
  ["HEALTHCHECK --retries=x CMD x", `strconv.ParseInt: parsing "x": invalid syntax`],
  ["HEALTHCHECK --retries=-1 CMD x", "--retries cannot be negative (-1)"],
  ["FROM", "FROM requires either one or three arguments"],
  ["FROM a b", "FROM requires either one or three arguments"],
  ["FROM a in b", "FROM requires either one or three arguments"],
  ["FROM a AS 1b", `invalid name for build stage: "1b", name can't start with a number or contain symbols`],
  ["RUN --network=fast x", `invalid network mode "fast"`],
  ["RUN --security=none x", `security "none" is not valid`],
  [
    "RUN --mount=type=bind,from=$x,target=/y x",
    "'from' doesn't support variable expansion, define alias stage instead",
  ],
  [
    "RUN --mount='a\"b' x",
    'failed to parse csv mounts: parse error on line 1, column 2: bare " in non-quoted-field',
  ],
];

describe("Instructions", () => {
  for (const [text, message] of FAULTS) {
    it(`refuse ${text.split("\n")[0]}`, () => {
      assert.equal(fault(`FROM a\n${text}`), `dockerfile parse error on line 2: ${message}`);
    });
  }

  it("need a stage, except for ARG", () => {
    assert.equal(fault("RUN x\nFROM a"), "no build stage in current context");
    assert.equal(fault("ARG x\n"), "dockerfile contains no stages to build");
    assert.deepEqual(
      read("# A of all\nARG A=1 B\nFROM x").globalArgs.flatMap(({ args }) => args),
      [
        { key: "A", value: "1", description: "of all" },
        { key: "B", value: undefined, description: "" },
      ],
    );
  });

  it("FROM has a platform and a name in lower case", () => {
    const { from } = read("# Build makes it\nfrom --platform=$BUILDPLATFORM a:1 as Build").stages[0] ?? {};
    assert.deepEqual(
      [from?.base, from?.name, from?.platform, from?.keyword],
      ["a:1", "build", "$BUILDPLATFORM", "from"],
    );
  });

  it("RUN has its here-documents and flags", () => {
    const run = command(
      "RUN",
      "RUN --network=none --mount=target=/a --mount=target=/b --device=x.y/z,required cat <<-A\n\tx\nA",
    );
    assert.deepEqual(run.command, ["cat <<-A"]);
    assert.deepEqual(run.files, [{ name: "A", content: "\tx\n", chomp: true }]);
    assert.deepEqual(run.mounts, ["target=/a", "target=/b"]);
    assert.deepEqual(run.devices, [{ name: "x.y/z", required: true }]);
    assert.deepEqual([run.network, run.security, run.shellForm], ["none", "sandbox", true]);
    assert.deepEqual(run.flagsUsed, ["network", "mount", "device"]);
  });

  it("COPY and ADD tell paths from here-documents", () => {
    const copy = command("COPY", "COPY --from=b --exclude=x --exclude=y --parents a <<-'E' c/\n\t$t\nE");
    assert.deepEqual(copy.sources, ["a"]);
    assert.deepEqual(copy.inline, [{ name: "E", content: "$t\n", expand: false }]);
    assert.deepEqual([copy.destination, copy.from, copy.parents, copy.link], ["c/", "b", true, false]);
    assert.deepEqual(copy.exclude, ["x", "y"]);
    const add = command("ADD", "ADD --keep-git-dir --unpack=false --link=TRUE --checksum=sha256:x a b");
    assert.deepEqual([add.keepGitDir, add.unpack, add.link, add.checksum], [true, false, true, "sha256:x"]);
    assert.equal(command("ADD", "ADD a b").unpack, undefined);
  });

  it("EXPOSE sorts its ports", () => {
    assert.deepEqual(command("EXPOSE", "EXPOSE 90 443 80/udp").ports, ["443", "80/udp", "90"]);
  });

  it("HEALTHCHECK is in nanoseconds, without what is zero", () => {
    assert.deepEqual(
      command("HEALTHCHECK", "HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD a b").healthcheck,
      {
        Test: ["CMD-SHELL", "a b"],
        Interval: 90e9,
        Timeout: 5e8,
        Retries: 3,
      },
    );
    assert.deepEqual(command("HEALTHCHECK", 'HEALTHCHECK --timeout=0 CMD ["a"]').healthcheck, {
      Test: ["CMD", "a"],
    });
    assert.deepEqual(command("HEALTHCHECK", "HEALTHCHECK none").healthcheck, { Test: ["NONE"] });
  });

  it("ONBUILD keeps the text of its trigger, here-documents included", () => {
    assert.equal(command("ONBUILD", "onbuild  RUN a \\\n  b").expression, "RUN a   b");
    assert.equal(command("ONBUILD", "ONBUILD RUN <<A\nx\nA").expression, "RUN <<A\nx\nA");
  });
});

const identity = (text: string): string => text;
const MOUNTS: readonly (readonly [text: string, mount: Partial<RunMount>])[] = [
  ["target=/a", { type: "bind", target: "/a", readOnly: true }],
  ["type=bind,src=x,dst=/a,rw", { source: "x", readOnly: false }],
  ["type=bind,destination=/a,readwrite=false", { readOnly: true }],
  [
    "TYPE=Cache,target=/a,id=i,sharing=LOCKED,mode=0700,uid=1,gid=2",
    { type: "cache", id: "i", sharing: "locked", mode: 0o700, uid: 1, gid: 2, readOnly: false },
  ],
  ["type=tmpfs,target=/a,size=1.5m", { type: "tmpfs", sizeLimit: 1_572_864 }],
  ["type=secret,id=s,env=TOKEN,required", { type: "secret", env: "TOKEN", required: true }],
  ["type=ssh,required=false", { type: "ssh", required: false, readOnly: true }],
  ['"target=/a,b",from=stage', { target: "/a,b", from: "stage" }],
];
const MOUNT_FAULTS: readonly (readonly [text: string, message: string])[] = [
  ["type=volume,target=/a", `unsupported mount type "volume"`],
  ["type=bnid,target=/a", `unsupported mount type "bnid" (did you mean bind?)`],
  ["type=cache,sharing=lock", `unsupported sharing value "lock" (did you mean locked?)`],
  ["traget=/a", "unexpected key 'traget' in 'traget=/a' (did you mean target?)"],
  ["/a", "invalid field '/a' must be a key=value pair"],
  ["ro=maybe", "invalid value for ro: maybe"],
  ["required", "unexpected key 'required' for mount type 'bind'"],
  ["size=1m", "unexpected key 'size' for mount type 'bind'"],
  ["type=tmpfs,size=x", "invalid value for size: x"],
  ["type=cache,mode=9", "invalid value 9 for mode"],
  ["type=cache,uid=-1", "invalid value -1 for uid"],
  ["mode=0700", `mode not allowed for "bind" type mounts`],
  ["type=tmpfs,uid=1", `uid not allowed for "tmpfs" type mounts`],
  ["type=secret,from=a,id=x", "secret mount should not have a from"],
  ["type=secret,sharing=shared,id=x", "secret mount should not define sharing"],
  ["type=secret", "invalid secret mount. one of source, target required"],
  ["type=secret,source=a,id=b", "both source and id can't be set"],
  ["sharing=shared", "invalid cache sharing set for bind mount"],
  [
    '"a',
    'failed to parse csv mounts: parse error on line 1, column 3: extraneous or missing " in quoted-field',
  ],
];

describe("RUN --mount", () => {
  for (const [text, expected] of MOUNTS) {
    it(`reads ${text}`, () => {
      const mount = parseMount(text, identity);
      for (const [key, value] of Object.entries(expected))
        assert.equal(mount[key as keyof RunMount], value, key);
    });
  }
  for (const [text, message] of MOUNT_FAULTS) {
    it(`refuses ${text}`, () => assert.throws(() => parseMount(text, identity), { message }));
  }
  it("expands values", () => {
    assert.equal(parseMount("target=$x", (text) => text.replace("$x", "/y")).target, "/y");
  });
});

describe("RUN --device", () => {
  it("reads names, requirements and annotations", () => {
    assert.deepEqual(parseDevice("a.com/b=c"), { name: "a.com/b=c", required: false });
    assert.deepEqual(parseDevice("name=a.com/b=c,required=true"), { name: "a.com/b=c", required: true });
    assert.throws(() => parseDevice("a,name=b"), { message: "device name already set to a" });
    assert.throws(() => parseDevice("a,nam=b"), {
      message: "unexpected key 'nam' in 'nam=b' (did you mean name?)",
    });
  });
});

describe("Numbers", () => {
  it("durations are printed as Go prints them", () => {
    for (const [nanoseconds, text] of [
      [0, "0s"],
      [1e9, "1s"],
      [90e9, "1m30s"],
      [3600e9, "1h0m0s"],
      [5e8, "500ms"],
      [1.5e9, "1.5s"],
      [1500, "1.5µs"],
      [7, "7ns"],
    ] as const) {
      assert.equal(formatDuration(nanoseconds), text);
    }
  });

  it("a duration that is printed is read again", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 15 }), (n) =>
        assert.equal(parseDuration(formatDuration(n)), n),
      ),
    );
  });

  it("durations have a sign, fractions and several units", () => {
    assert.equal(parseDuration("-1.5h"), -5400e9);
    assert.equal(parseDuration("+.5s"), 5e8);
    assert.equal(parseDuration("1h2m3s4ms5us6ns"), 3_723_004_005_006);
    for (const text of ["", "+", "s", "1s2", "1 s", "."]) assert.throws(() => parseDuration(text), Problem);
  });

  it("sizes have units of 1024", () => {
    assert.deepEqual(["1", "1b", "2k", "2kb", "2KiB", "1.5 G", "1x", "", "k"].map(parseSize), [
      1,
      1,
      2048,
      2048,
      2048,
      1_610_612_736,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("Suggestions", () => {
  const options = ["from", "chown", "chmod", "link"];
  it("name what is at most two edits away", () => {
    assert.equal(suggest("form", options, { caseSensitive: true }), "from");
    assert.equal(suggest("chow", options, { caseSensitive: true }), "chown");
    assert.equal(suggest("xyzzy", options, { caseSensitive: true }), undefined);
    assert.equal(suggest("link", options, { caseSensitive: true }), undefined);
  });
  it("come in the case of the word", () => {
    assert.equal(suggest("FORM", options, { caseSensitive: false }), "FROM");
    assert.equal(suggest("Form", options, { caseSensitive: false }), "from");
  });
});
