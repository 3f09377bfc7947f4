import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Slipway } from "./support/slipway.ts";

interface Wrong {
  readonly title: string;
  /** Text of the Dockerfile, unless the fault is elsewhere. */
  readonly dockerfile?: string;
  readonly files?: Readonly<Record<string, string>>;
  /** Instead of `build -t wrong:1 .`. */
  readonly argv?: readonly string[];
  readonly stdin?: string;
  readonly code?: number;
  /** The whole message, from its beginning. */
  readonly message: RegExp;
}

// Each gives one clear message, with the place where there is one, and leaves the store as it was.
const WRONG: readonly Wrong[] = [
  {
    title: "an unknown instruction",
    dockerfile: "FROM busybox\nRUM x",
    message: /unknown instruction: RUM \(did you mean RUN\?\)\nDockerfile:2\n[\s\S]*>>> RUM x/,
  },
  { title: "an empty Dockerfile", dockerfile: "", message: /^Error: .*the Dockerfile.*cannot be empty/ },
  { title: "only comments", dockerfile: "# x\n", message: /^Error: .*file with no instructions/ },
  {
    title: "an instruction before FROM",
    dockerfile: "RUN x\nFROM busybox",
    message: /no build stage in current context\nDockerfile:1\n/,
  },
  {
    title: "FROM without a name",
    dockerfile: "FROM",
    message: /FROM requires either one or three arguments\nDockerfile:1\n/,
  },
  {
    title: "a missing source of COPY",
    dockerfile: "FROM busybox\nCOPY nope /",
    message: /^Error: Dockerfile:2: COPY nope \/: no such file in the build context: nope\n$/,
  },
  {
    title: "a source that .dockerignore hides",
    dockerfile: "FROM busybox\nCOPY secret /",
    files: { secret: "x", ".dockerignore": "secret\n" },
    message:
      /^Error: Dockerfile:2: COPY secret \/: no such file.*: secret \(excluded by line 1 of \.dockerignore: secret\)\n$/,
  },
  {
    title: "a bad flag of an instruction",
    dockerfile: "FROM busybox\nCOPY --form=a b c",
    message: /unknown flag: --form \(did you mean from\?\)\nDockerfile:2\n/,
  },
  {
    title: "COPY with one argument",
    dockerfile: "FROM busybox\nCOPY a",
    message: /COPY requires at least two arguments, .*\nDockerfile:2\n/,
  },
  {
    title: "an unknown stage",
    dockerfile: "FROM busybox\nCOPY --from=127.0.0.1:1/nope /a /b",
    message: /^Error: Dockerfile:2: COPY --from=.*: Get .*connection refused\n$/,
  },
  {
    title: "an unknown target",
    dockerfile: "FROM busybox AS a",
    argv: ["build", "-q", "--target", "b", "."],
    message: /^Error: target stage "b" could not be found \(did you mean a\?\)\n$/,
  },
  {
    title: "a stage that copies from itself",
    dockerfile: "FROM busybox AS a\nCOPY --from=a /x /y",
    message: /^Error: circular dependency detected on stage: a\n/,
  },
  {
    title: "a missing base",
    dockerfile: "FROM 127.0.0.1:1/nope:1",
    message: /^Error: Dockerfile:1: FROM 127.0.0.1:1\/nope:1: Get .*connection refused\n$/,
  },
  {
    title: "a base for another platform",
    dockerfile: "FROM --platform=linux/s390x busybox",
    message: /^Error: .*image .*busybox.* is for linux\/\w+, but linux\/s390x/,
  },
  {
    title: "a command that fails",
    dockerfile: "FROM busybox\nRUN echo before && exit 9",
    message:
      /^Error: Dockerfile:2: .*exit code: 9\n[\s\S]*>>> RUN echo before[\s\S]*before[\s\S]*hint: enter what it left: slipway builds debug \w+\n +enter the state before it: slipway run/,
  },
  {
    title: "a command that is not there",
    dockerfile: 'FROM busybox\nRUN ["nope"]',
    message: /^Error: .*Dockerfile:2.*exec: "nope": executable file not found/,
  },
  {
    title: "a user that is not there",
    dockerfile: "FROM busybox\nUSER nope\nRUN true",
    message: /^Error: .*Dockerfile:3.*unable to find user nope/,
  },
  {
    title: "an unfinished here-document",
    dockerfile: "FROM busybox\nRUN <<EOF\nx",
    message: /^Error: unterminated heredoc\nDockerfile:2\n/,
  },
  {
    title: "a malformed variable",
    dockerfile: "FROM busybox\nENV a=${b",
    message: /^Error: failed to process "\$\{b": .*\nDockerfile:2\n/,
  },
  {
    title: "an unset variable that must be set",
    dockerfile: "FROM busybox\nENV a=${b:?needed}",
    message: /b: needed\nDockerfile:2\n/,
  },
  {
    title: "a bad port",
    dockerfile: "FROM busybox\nEXPOSE 99999",
    message: /^Error: invalid containerPort: 99999\nDockerfile:2\n/,
  },
  {
    title: "a bad stop signal",
    dockerfile: "FROM busybox\nSTOPSIGNAL NOPE",
    message: /^Error: invalid signal: NOPE\nDockerfile:2\n/,
  },
  {
    title: "a bad mode",
    dockerfile: "FROM busybox\nCOPY --chmod=999 f /",
    files: { f: "" },
    message: /^Error: invalid chmod parameter: '999'.*\nDockerfile:2\n/,
  },
  {
    title: "a mount that needs what was not given",
    dockerfile: "FROM busybox\nRUN --mount=type=ssh,required true",
    message: /^Error: .*no SSH key "default" forwarded/,
  },
  {
    title: "a tag with upper case",
    argv: ["build", "-t", "Wrong:1", "."],
    message: /^Error: .*repository name \(.*Wrong\) must be lowercase/,
  },
  {
    title: "a malformed tag",
    argv: ["build", "-t", "a:b:c", "."],
    message: /^Error: .*invalid reference format/,
  },
  {
    title: "a context that is not there",
    argv: ["build", "nope"],
    message: /^Error: unable to prepare context: path "nope" not found\n$/,
  },
  {
    title: "a context that is a file",
    argv: ["build", "Dockerfile"],
    message: /^Error: unable to prepare context: path "Dockerfile" is not a directory\n$/,
  },
  {
    title: "a Dockerfile that is not there",
    argv: ["build", "-f", "nope", "."],
    message: /^Error: failed to read dockerfile: open nope: no such file or directory\n$/,
  },
  {
    title: "a bad platform",
    argv: ["build", "--platform", "a/b/c/d", "."],
    message: /^Error: invalid platform "a\/b\/c\/d"/,
  },
  {
    title: "a bad network",
    argv: ["build", "--network", "nope", "."],
    message: /^Error: invalid value "nope" for --network/,
  },
  {
    title: "a bad progress mode",
    argv: ["build", "--progress", "nope", "."],
    message: /^Error: invalid value "nope" for --progress/,
  },
  {
    title: "a bad host entry",
    argv: ["build", "--add-host", "nope", "."],
    message: /^Error: invalid value "nope" for --add-host/,
  },
  {
    title: "--pull without a registry",
    dockerfile: "FROM 127.0.0.1:1/local",
    argv: ["build", "-q", "--pull", "."],
    message: /^Error: Dockerfile:1: FROM 127.0.0.1:1\/local: Get .*connection refused\n$/,
  },
  {
    title: "a remote context that cannot be had",
    argv: ["build", "https://127.0.0.1:1/x.git"],
    message: /^Error: git repository https:\/\/127\.0\.0\.1:1\/x\.git: fatal: .*onnect/,
  },
  {
    title: "a damaged archive as context",
    argv: ["build", "-"],
    stdin: "\x1f\x8bxxxxxxxx",
    message: /^Error: invalid archive/,
  },
  {
    title: "another syntax",
    dockerfile: "# syntax=example.com/other:1\nFROM busybox",
    message: /^Error: .*example\.com\/other:1/,
  },
  {
    title: "damage in an archive that ADD unpacks",
    dockerfile: "FROM busybox\nADD a.tar.gz /",
    files: { "a.tar.gz": truncatedArchive() },
    message: /^Error: .*Dockerfile:2[\s\S]*(invalid archive|damaged)/,
  },
  {
    title: "an image that is not there",
    argv: ["run", "--rm", "--pull", "never", "nope"],
    code: 125,
    message: /^Error: No such image: nope:latest\n$/,
  },
  {
    title: "an archive that is none",
    argv: ["load"],
    stdin: "nonsense".repeat(100),
    message: /^Error: .*(invalid archive|ARCHIVE)/,
  },
  {
    title: "an import of nonsense",
    argv: ["import", "-", "nonsense:1"],
    stdin: "nonsense".repeat(100),
    message: /^Error: invalid archive/,
  },
  {
    title: "an import of a file that is not there",
    argv: ["import", "nosuch.tar", "nonsense:1"],
    message:
      /^Error: invalid value ".*\/nosuch\.tar" for the archive: expected a file that can be read \(ENOENT\)/,
  },
  {
    title: "a tag of an image that is not there",
    argv: ["tag", "nope", "a:b"],
    message: /^Error: No such image: nope:latest\n$/,
  },
];

describe("wrong inputs", () => {
  let slipway: Slipway;
  let folder: string;
  let before_: string;
  before(async function () {
    slipway = await Slipway.open(this);
    before_ = await slipway.ok(["images", "-q", "--no-trunc"]);
  });
  after(() => slipway?.[Symbol.asyncDispose]());
  beforeEach(() => {
    folder = slipway.scratch.join("context");
    mkdirSync(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const { title, dockerfile = "FROM busybox\n", files = {}, argv, stdin, code = 1, message } of WRONG) {
    it(`names ${title}`, async () => {
      for (const [name, content] of Object.entries({ Dockerfile: dockerfile, ...files }))
        writeFileSync(`${folder}/${name}`, content, "latin1");
      const ran = await slipway.run(argv ?? ["build", "--progress", "quiet", "-t", "wrong:1", "."], {
        cwd: folder,
        ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin, "latin1") }),
      });
      assert.match(ran.err, message);
      assert.deepEqual([ran.code, ran.out], [code, ""]);
    });
  }

  it("leave the store intact", async () => {
    await slipway.ok(["image", "prune", "-f"]);
    assert.equal(await slipway.ok(["images", "-q", "--no-trunc"]), before_);
    assert.match(await slipway.ok(["system", "check"]), /: no problem$/);
  });
});

/** A compressed tar of some size without its second half, as latin1. */
function truncatedArchive(): string {
  const block = randomBytes(1 << 16);
  const header = Buffer.alloc(512);
  header.write("file", 0);
  header.write("0000644\0", 100);
  header.write(`${block.length.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        0ustar\x0000", 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const whole = gzipSync(Buffer.concat([header, block]));
  return whole.subarray(0, whole.length / 2).toString("latin1");
}
