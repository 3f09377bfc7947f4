// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell syntax is what is tested
import assert from "node:assert/strict";
import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type {
  CopyStep,
  ResolvedDockerfile,
  ResolvedStage,
  ResolvedStep,
  ResolveOptions,
  RunStep,
} from "../../../builder/dockerfile/resolved.ts";
import { isCode } from "../../../core/errors.ts";
import type { Platform } from "../../../core/platform.ts";
import type { ContainerConfig, ImageConfig } from "../../../image/config.ts";

const LINUX = { os: "linux", architecture: "amd64" };
const image = (config: ContainerConfig = {}): ImageConfig => ({
  architecture: "amd64",
  os: "linux",
  config,
  rootfs: { type: "layers", diff_ids: [] },
});

type Options = Partial<Omit<ResolveOptions, "buildArgs">> & {
  readonly args?: Readonly<Record<string, string>>;
  readonly images?: Readonly<Record<string, ContainerConfig>>;
};
function resolve(
  text: string,
  { args = {}, images = {}, ...options }: Options = {},
): Promise<ResolvedDockerfile> {
  return resolveDockerfile(parseDockerfile(text), {
    buildPlatform: LINUX,
    loadImage: (reference) => Promise.resolve(image(images[reference])),
    ...options,
    buildArgs: new Map(Object.entries(args)),
  });
}
const target = async (text: string, options?: Options): Promise<ResolvedStage> =>
  (await resolve(text, options)).target;
const config = async (text: string, options?: Options): Promise<ContainerConfig> =>
  (await target(text, options)).image.config ?? {};
const history = async (text: string, options?: Options): Promise<readonly (string | undefined)[]> =>
  ((await target(text, options)).image.history ?? []).map((entry) => entry.created_by);
async function step<K extends ResolvedStep["kind"]>(
  kind: K,
  text: string,
  options?: Options,
): Promise<Extract<ResolvedStep, { readonly kind: K }>> {
  const found = (await target(text, options)).steps.findLast((each) => each.kind === kind);
  assert.ok(found !== undefined, `there is no step of kind ${kind}`);
  return found as Extract<ResolvedStep, { readonly kind: K }>;
}
async function fault(text: string, options?: Options): Promise<readonly [message: string, line: number]> {
  try {
    await resolve(text, options);
  } catch (error) {
    if (isCode(error, "DOCKERFILE_INVALID")) return [error.detail.message, error.detail.line];
    throw error;
  }
  return assert.fail("it is accepted");
}

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

describe("Global arguments", () => {
  it("name the base image; a build argument wins over the default", async () => {
    const text = "ARG TAG=1\nARG IMAGE=a:$TAG\nFROM ${IMAGE}";
    assert.equal((await target(text)).baseName, "[1/1] FROM docker.io/library/a:1");
    assert.equal((await target(text, { args: { TAG: "2" } })).baseName, "[1/1] FROM docker.io/library/a:2");
  });

  it("reach a stage only where it declares them", async () => {
    assert.deepEqual(await history("ARG A=1\nFROM a\nARG A\nRUN x\nARG A=2\nRUN y"), [
      "ARG A=1",
      "RUN |1 A=1 /bin/sh -c x # buildkit",
      "ARG A=2",
      "RUN |1 A=2 /bin/sh -c y # buildkit",
    ]);
    assert.deepEqual(await history("ARG A=1\nFROM a\nRUN x$A"), ["RUN /bin/sh -c x$A # buildkit"]);
  });

  it("have the platforms", async () => {
    const platforms = {
      buildPlatform: LINUX,
      targetPlatform: { os: "linux", architecture: "arm", variant: "v7" },
    };
    const names = [
      "BUILDPLATFORM",
      "TARGETPLATFORM",
      "TARGETOS",
      "TARGETARCH",
      "TARGETVARIANT",
      "TARGETSTAGE",
    ];
    const text = `FROM a AS last\nARG ${names.join(" ")}`;
    const values = ["linux/amd64", "linux/arm/v7", "linux", "arm", "v7", "last"];
    assert.deepEqual(await history(text, platforms), [
      `ARG ${names.map((name, i) => `${name}=${values[i]}`).join(" ")}`,
    ]);
    const stage = await target("FROM --platform=$BUILDPLATFORM a", platforms);
    assert.deepEqual(stage.platform, LINUX);
    assert.deepEqual((await target("FROM a", platforms)).platform, platforms.targetPlatform);
  });

  const FAULTS: readonly (readonly [text: string, message: string, line?: number])[] = [
    ["FROM $X", "base name ($X) should not be blank"],
    ["FROM --platform=$X a", "empty platform value from expression $X"],
    [
      "FROM --platform=$TARGETPLATFROM a",
      "empty platform value from expression $TARGETPLATFROM (did you mean TARGETPLATFORM?)",
    ],
    [
      "FROM --platform=linux/$X a",
      `failed to parse platform linux/$X: "" is an invalid component of "linux/": platform specifier component must match "^[A-Za-z0-9_.-]+$": invalid argument`,
    ],
    [
      "FROM Up:1",
      `failed to parse stage name "Up:1": invalid reference format: repository name (library/Up) must be lowercase`,
    ],
    ["FROM ${X:?say}", `failed to process "\${X:?say}": X: say`],
    ["ARG A=${X:?}\nFROM a", `failed to process "\${X:?}": X: is not allowed to be unset`],
  ];
  for (const [text, message, line = 1] of FAULTS) {
    it(`refuse ${text.split("\n")[0]}`, async () => assert.deepEqual(await fault(text), [message, line]));
  }
});

describe("Stages", () => {
  it("are resolved as far as the target needs them", async () => {
    const text =
      "FROM a AS one\nFROM b AS two\nFROM one AS three\nCOPY --from=two x y\nFROM c AS four\nRUN z";
    const asked: string[] = [];
    const loadImage = (reference: string): Promise<ImageConfig> => {
      asked.push(reference);
      return Promise.resolve(image());
    };
    const { stages } = await resolve(text, { target: "THREE", loadImage });
    assert.deepEqual(
      stages.map(({ name }) => name),
      ["one", "two", "three"],
    );
    assert.deepEqual(asked.sort(), ["docker.io/library/a:latest", "docker.io/library/b:latest"]);
    assert.deepEqual(stages[2]?.base, { kind: "stage", stage: 0 });
    assert.equal((await resolve(text, { target: "1" })).target.name, "two");
  });

  it("load an image once", async () => {
    let count = 0;
    const loadImage = (): Promise<ImageConfig> => {
      count++;
      return Promise.resolve(image());
    };
    await resolve("FROM a AS x\nFROM a\nCOPY --from=x a b", { loadImage });
    assert.equal(count, 1);
  });

  it("inherit arguments, environment and configuration, but no triggers", async () => {
    const text = "FROM a AS x\nARG A=1\nENV E=$A\nWORKDIR /w\nUSER u\nCMD c\nONBUILD ENV O=$A\nFROM x\nRUN z";
    const run = await step("run", text);
    assert.deepEqual(run.env, [PATH, "A=1", "E=1", "O=1"]);
    assert.deepEqual([run.cwd, run.user], ["/w", "u"]);
    const { OnBuild, Cmd, Env } = await config(text);
    assert.deepEqual([OnBuild, Cmd, Env], [undefined, ["/bin/sh", "-c", "c"], [PATH, "E=1", "O=1"]]);
  });

  it("can be copied from by name, by index, or from an image", async () => {
    const from = async (name: string): Promise<unknown> =>
      (await step("copy", `FROM a AS One\nFROM b\nCOPY --from=${name} x y`)).from;
    assert.deepEqual(await from("ONE"), { kind: "stage", stage: 0 });
    assert.deepEqual(await from("0"), { kind: "stage", stage: 0 });
    assert.deepEqual(await from("alpine"), {
      kind: "image",
      reference: "docker.io/library/alpine:latest",
      platform: LINUX,
    });
    assert.deepEqual(await from("scratch"), { kind: "scratch" });
  });

  const FAULTS: readonly (readonly [text: string, message: string, line: number])[] = [
    [
      "FROM a AS x\nCOPY --from=y a b\nFROM a AS y\nFROM x",
      `cannot copy from stage "y", it needs to be defined before current stage "x"`,
      2,
    ],
    [
      "FROM a\nRUN --mount=from=y,target=/m z\nFROM a AS y\nFROM scratch\nCOPY --from=0 a b",
      `cannot mount from stage "y" to "/m", stage needs to be defined before current command`,
      2,
    ],
    ["FROM a AS x\nCOPY --from=x a b", "circular dependency detected on stage: x", 1],
    [
      "FROM a AS x\nCOPY --from=y a b\nFROM a AS y\nCOPY --from=x a b",
      "circular dependency detected on stage: x",
      1,
    ],
    ["FROM a\nCOPY --from=3 a b", "invalid stage index 3", 2],
    [
      "FROM a\nCOPY --from=$X a b",
      "variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround",
      2,
    ],
  ];
  for (const [text, message, line] of FAULTS) {
    it(`refuse ${text.replaceAll("\n", "; ")}`, async () =>
      assert.deepEqual(await fault(text), [message, line]));
  }

  it("suggest a target", async () => {
    assert.deepEqual(await fault("FROM a AS build", { target: "biuld" }), [
      `target stage "biuld" could not be found (did you mean build?)`,
      0,
    ]);
  });

  it("are named in the titles of steps", async () => {
    const titles = async (text: string, options?: Options): Promise<readonly string[]> => {
      const stage = await target(text, options);
      return [stage.baseName, ...stage.steps.flatMap((each) => ("name" in each ? [each.name] : []))];
    };
    assert.deepEqual(await titles("FROM a\nENV V=1\nrun echo $V $W\nWORKDIR /x$V"), [
      "[1/3] FROM docker.io/library/a:latest",
      "[2/3] RUN echo 1 $W",
      "[3/3] WORKDIR /x1",
    ]);
    assert.deepEqual(await titles("FROM a AS x\nFROM x\nCOPY --from=x a b"), [
      "",
      "[stage-1 1/1] COPY --from=x a b",
    ]);
    assert.deepEqual(await titles("FROM a\nRUN <<E\nmake\nmore\nE\n", { showPlatform: true }), [
      "[linux/amd64 1/2] FROM docker.io/library/a:latest",
      "[linux/amd64 2/2] RUN <<E (make...)",
    ]);
    const many = await titles(`FROM a\n${"RUN x\n".repeat(10)}`);
    assert.deepEqual([many[0], many[10]], ["[ 1/11] FROM docker.io/library/a:latest", "[11/11] RUN x"]);
  });
});

describe("Triggers of a base image", () => {
  const images = {
    "docker.io/library/a:latest": { OnBuild: ["COPY --from=x . /app", "RUN make $A"], Env: ["A=1"] },
  };
  it("run first, bring in what they need, and are gone afterwards", async () => {
    const { stages, target: stage } = await resolve("FROM b AS x\nFROM b AS y\nFROM a\nRUN last", { images });
    assert.deepEqual(
      stages.map(({ name }) => name),
      ["x", "stage-2"],
    );
    assert.deepEqual(
      stage.steps.map((each) => ["name" in each && each.name, each.onbuild, each.lines.first]),
      [
        ["[stage-2 2/4] ONBUILD COPY --from=x . /app", true, 3],
        ["[stage-2 3/4] ONBUILD RUN make 1", true, 3],
        ["[stage-2 4/4] RUN last", false, 4],
      ],
    );
    assert.equal(stage.image.config?.OnBuild, undefined);
  });

  it("are refused like other instructions, on the line of FROM", async () => {
    const bad = { "docker.io/library/a:latest": { OnBuild: ["BOGUS x"] } };
    assert.deepEqual(await fault("FROM b AS x\nFROM a", { images: bad }), ["unknown instruction: BOGUS", 2]);
    const two = { "docker.io/library/a:latest": { OnBuild: ["RUN x\nRUN y"] } };
    assert.deepEqual(await fault("FROM a", { images: two }), [
      "onbuild trigger should be a single expression",
      1,
    ]);
  });
});

describe("Configuration", () => {
  const CASES: readonly (readonly [
    title: string,
    text: string,
    expected: ContainerConfig,
    base?: ContainerConfig,
  ])[] = [
    [
      "ENV sees what was set before its line",
      "ENV A=1 B=x$A\nENV A=2 B=y$A C=",
      { Env: [PATH, "A=2", "B=y1", "C="] },
    ],
    ["PATH of the base is kept", "", { Env: ["PATH=/x"] }, { Env: ["PATH=/x"] }],
    [
      "LABEL adds",
      'LABEL a=1 "b c"=2\nLABEL a=3',
      { Labels: { z: "0", a: "3", "b c": "2" } },
      { Labels: { z: "0" } },
    ],
    ["CMD in shell and exec form", "CMD a b", { Cmd: ["/bin/sh", "-c", "a b"], ArgsEscaped: true }],
    ["the last CMD counts", 'CMD a\nCMD ["b"]', { Cmd: ["b"], ArgsEscaped: true }],
    [
      "SHELL changes the shell form",
      'SHELL ["bash", "-ec"]\nCMD a',
      { Cmd: ["bash", "-ec", "a"], Shell: ["bash", "-ec"] },
    ],
    [
      "ENTRYPOINT takes away an inherited CMD",
      'ENTRYPOINT ["e"]',
      { Entrypoint: ["e"], Cmd: undefined as never },
      { Cmd: ["c"] },
    ],
    ["ENTRYPOINT keeps a CMD of the stage", 'CMD ["c"]\nENTRYPOINT ["e"]', { Entrypoint: ["e"], Cmd: ["c"] }],
    ["WORKDIR joins", "WORKDIR a\nWORKDIR ../b/./c\nWORKDIR /d/../e\nWORKDIR f", { WorkingDir: "/e/f" }],
    ["WORKDIR keeps an absolute path as written", "WORKDIR /d/../e/", { WorkingDir: "/d/../e/" }],
    [
      "EXPOSE takes ranges and protocols",
      "ENV P='1 2'\nEXPOSE $P 80-81 53/UDP 8080:90",
      { ExposedPorts: { "1/tcp": {}, "2/tcp": {}, "80/tcp": {}, "81/tcp": {}, "53/udp": {}, "90/tcp": {} } },
    ],
    ["VOLUME adds", 'VOLUME /a /b\nVOLUME ["/c d"]', { Volumes: { "/a": {}, "/b": {}, "/c d": {} } }],
    [
      "USER and STOPSIGNAL are expanded",
      "ENV U=me S=TERM\nUSER $U:$U\nSTOPSIGNAL SIG$S",
      { User: "me:me", StopSignal: "SIGTERM" },
    ],
    [
      "HEALTHCHECK",
      "HEALTHCHECK --retries=2 CMD a",
      { Healthcheck: { Test: ["CMD-SHELL", "a"], Retries: 2 } },
    ],
    ["ONBUILD is kept for others", "ONBUILD RUN a\nONBUILD COPY b c", { OnBuild: ["RUN a", "COPY b c"] }],
    ["ARG is no environment of the image", "ARG A=1\nENV B=$A", { Env: [PATH, "B=1"] }],
  ];
  for (const [title, text, expected, base] of CASES) {
    it(title, async () => {
      const got = await config(`FROM a\n${text}`, base && { images: { "docker.io/library/a:latest": base } });
      for (const [key, value] of Object.entries(expected))
        assert.deepEqual(got[key as keyof ContainerConfig], value, key);
    });
  }

  it("scratch has a PATH and a working directory", async () => {
    const stage = await target("FROM scratch");
    assert.deepEqual(stage.image, {
      architecture: "amd64",
      os: "linux",
      config: { Env: [PATH], WorkingDir: "/" },
      rootfs: { type: "layers", diff_ids: [] },
      history: [],
    });
    assert.deepEqual([stage.base, stage.baseName], [{ kind: "scratch" }, ""]);
  });

  it("MAINTAINER is the author, and --label goes on top of the target", async () => {
    const stage = await target("FROM a\nMAINTAINER me\nLABEL l=1 k=1", { labels: { l: "2" } });
    assert.equal(stage.image.author, "me");
    assert.deepEqual(stage.image.config?.Labels, { l: "2", k: "1" });
  });

  it("a platform that was asked for is the image's, the base's variant is kept for the same architecture", async () => {
    const platform = async (targetPlatform: Platform, base: Partial<ImageConfig>): Promise<unknown> => {
      const loadImage = (): Promise<ImageConfig> => Promise.resolve({ ...image(), ...base });
      const { os, architecture, variant } = (await target("FROM a", { targetPlatform, loadImage })).image;
      return [os, architecture, variant];
    };
    const arm = { architecture: "arm", variant: "v6" };
    assert.deepEqual(await platform({ os: "linux", architecture: "arm64" }, arm), [
      "linux",
      "arm64",
      undefined,
    ]);
    assert.deepEqual(await platform({ os: "linux", architecture: "arm" }, arm), ["linux", "arm", "v6"]);
    assert.deepEqual(await platform({ os: "linux", architecture: "arm", variant: "v7" }, arm), [
      "linux",
      "arm",
      "v7",
    ]);
  });

  it("every step carries the configuration after it", async () => {
    const { steps } = await target("FROM a\nUSER x\nUSER y");
    assert.deepEqual(
      steps.map((each) => each.config.User),
      ["x", "y"],
    );
  });

  const FAULTS: readonly (readonly [text: string, message: string])[] = [
    ["EXPOSE 80/icmp", `invalid port: "80/icmp": invalid proto: icmp`],
    ["EXPOSE /tcp", `invalid port: "/tcp": no port specified`],
    ["EXPOSE 65536", "invalid containerPort: 65536"],
    ["EXPOSE 9-8", "invalid containerPort: 9-8"],
    ["EXPOSE x:80", "invalid hostPort: x"],
    ["EXPOSE 1-3:8-9", "invalid ranges specified for container and host Ports: 8-9 and 1-3"],
    ["EXPOSE 1.2.3:80:80", "invalid IP address: 1.2.3"],
    ["STOPSIGNAL SIGNOPE", "invalid signal: SIGNOPE"],
    ["STOPSIGNAL 0", "invalid signal: 0"],
    ["VOLUME $X", "VOLUME specified can not be an empty string"],
    [
      "COPY --chmod=999 a b",
      "invalid chmod parameter: '999'. it should be octal string and between 0 and 07777",
    ],
    ["COPY --chmod=u~x a b", "invalid syntax"],
    ["COPY https://x/y b", "source can't be a URL for COPY"],
    ["COPY git@github.com:x/y b", "source can't be a git ref for COPY"],
    ["ADD --checksum=sha256:x a b", "checksum requires HTTP(S) or Git sources"],
    [
      "ADD --checksum=sha256:x https://x/a https://x/b c/",
      "checksum can't be specified for multiple sources",
    ],
    ["RUN --mount=type=what,target=/x y", `unsupported mount type "what"`],
  ];
  for (const [text, message] of FAULTS) {
    it(`refuses ${text}`, async () => assert.deepEqual(await fault(`FROM a\n${text}`), [message, 2]));
  }

  for (const signal of ["SIGTERM", "term", "9", "RTMIN+3", "SIGRTMAX-14", "CLD"]) {
    it(`takes the signal ${signal}`, async () => {
      assert.equal((await config(`FROM a\nSTOPSIGNAL ${signal}`)).StopSignal, signal);
    });
  }
});

describe("History", () => {
  const CASES: readonly (readonly [text: string, created: string, isEmpty?: boolean])[] = [
    ["RUN a  b", "RUN /bin/sh -c a  b # buildkit"],
    ['RUN ["a", "b"]', "RUN a b # buildkit"],
    ["RUN <<E\na\nb\nE", "RUN /bin/sh -c a\nb\n # buildkit"],
    ["RUN cat <<E - <<F\na\nE\nb\nF", "RUN /bin/sh -c cat <<E - <<F\na\nE\nb\nF # buildkit"],
    ["COPY a b /c/", "COPY a b /c/ # buildkit"],
    [
      "COPY --parents --chmod=755 --chown=x --link a <<E c\nE",
      "COPY --parents --chown=x --chmod=755 a <<E c # buildkit",
    ],
    ["ADD a b", "ADD a b # buildkit"],
    ["WORKDIR a", "WORKDIR /a"],
    ["WORKDIR /", "WORKDIR /", true],
    ["ENV A=1 B='2 3'", "ENV A=1 B=2 3", true],
    ["LABEL a=b", "LABEL a=b", true],
    ["ARG A B=1", "ARG A B=1", true],
    ["EXPOSE 80 81/udp", "EXPOSE [80/tcp 81/udp]", true],
    ["VOLUME /a /b", "VOLUME [/a /b]", true],
    ["USER a", "USER a", true],
    ['CMD ["a", "b\\"c"]', `CMD ["a" "b\\"c"]`, true],
    ["ENTRYPOINT a", `ENTRYPOINT ["/bin/sh" "-c" "a"]`, true],
    ['SHELL ["a", "b"]', "SHELL [a b]", true],
    ["STOPSIGNAL 9", "STOPSIGNAL 9", true],
    ["MAINTAINER a <b>", "MAINTAINER a <b>", true],
    [
      "HEALTHCHECK --interval=90s CMD a b",
      "HEALTHCHECK {Test:[CMD-SHELL a b] Interval:1m30s Timeout:0s StartPeriod:0s StartInterval:0s Retries:0}",
      true,
    ],
  ];
  for (const [text, created_by, isEmpty = false] of CASES) {
    it(text.split("\n")[0] ?? "", async () => {
      const { image: made, steps } = await target(`FROM scratch\n${text}`);
      const entry = { created_by, comment: "buildkit.dockerfile.v0", ...(isEmpty && { empty_layer: true }) };
      assert.deepEqual(made.history, [entry]);
      assert.deepEqual([steps[0]?.history, steps[0]?.layer], [entry, !isEmpty]);
    });
  }

  it("ONBUILD leaves none", async () => assert.deepEqual(await history("FROM a\nONBUILD RUN x"), []));
});

describe("Steps", () => {
  const run = (text: string, options?: Options): Promise<RunStep> => step("run", text, options);
  const copy = (text: string): Promise<CopyStep> => step("copy", text);

  it("RUN gets the environment with the build arguments declared so far", async () => {
    const { env, args } = await run("FROM a\nARG A=1\nENV B=2 A=3\nARG C\nRUN x", {
      args: { C: "4", D: "5" },
    });
    assert.deepEqual(env, [PATH, "B=2", "A=3", "C=4"]);
    assert.deepEqual(args, ["/bin/sh", "-c", "x"]);
  });

  it("RUN gets the proxy undeclared, outside of its environment", async () => {
    const { env, proxyEnv } = await run("FROM a\nRUN x", { args: { HTTP_PROXY: "p", no_proxy: "n" } });
    assert.deepEqual(env, [PATH]);
    assert.deepEqual(proxyEnv, ["HTTP_PROXY=p", "http_proxy=p", "NO_PROXY=n", "no_proxy=n"]);
  });

  it("RUN executes a here-document that names its interpreter", async () => {
    const { args, files } = await run("FROM a\nRUN <<-E\n\t#!/usr/bin/env python\n\tprint()\nE");
    assert.deepEqual(args, ["/bin/sh", "-c", "/dev/pipes/E"]);
    assert.deepEqual(files, [
      { path: "/dev/pipes/E", content: "#!/usr/bin/env python\nprint()\n", mode: 0o755 },
    ]);
  });

  it("RUN knows what its mounts are made of", async () => {
    const mounts =
      "--mount=target=/a --mount=type=cache,target=/c$V --mount=from=s,target=/s --mount=from=i,target=/i";
    const made = (await run(`FROM a AS s\nFROM a\nENV V=9\nRUN ${mounts} x`)).mounts;
    assert.deepEqual(
      made.map(({ type, target: at, of }) => [type, at, of]),
      [
        ["bind", "/a", { kind: "context" }],
        ["cache", "/c9", { kind: "scratch" }],
        ["bind", "/s", { kind: "stage", stage: 0 }],
        ["bind", "/i", { kind: "image", reference: "docker.io/library/i:latest", platform: LINUX }],
      ],
    );
  });

  it("COPY has absolute paths and expanded content", async () => {
    const made = await copy(
      "FROM a\nWORKDIR /w\nENV V=x\nCOPY --chmod=0755 --chown=$V:$V $V/* ../y <<A <<'B' d$V/\n\"$V\"\nA\n$V\nB",
    );
    assert.deepEqual(made.sources, ["/x/*", "/y"]);
    assert.equal(made.destination, "/w/dx/");
    assert.deepEqual(made.inline, [
      { name: "A", content: '"x"\n' },
      { name: "B", content: "$V\n" },
    ]);
    assert.deepEqual([made.chmod, made.chown, made.from], [{ bits: 0o755 }, "x:x", { kind: "context" }]);
    assert.deepEqual((await copy("FROM a\nCOPY --chmod=u=rwX,go-w a b")).chmod, { symbolic: "u=rwX,go-w" });
  });

  for (const [written, destination] of [
    [".", "/w/"],
    ["./", "/w/"],
    ["x", "/w/x"],
    ["x/", "/w/x/"],
    ["x/.", "/w/x/."],
    ["/x/./", "/x/./"],
    ["/", "/"],
    ["../z", "/z"],
  ] as const) {
    it(`COPY to ${written} goes to ${destination}`, async () => {
      assert.equal((await copy(`FROM a\nWORKDIR /w\nCOPY s ${written}`)).destination, destination);
    });
  }

  it("ADD keeps remote sources as they are written", async () => {
    const { sources } = await copy("FROM a\nADD https://x/a.tgz git@h:r.git a /d/");
    assert.deepEqual(sources, ["https://x/a.tgz", "git@h:r.git", "/a"]);
  });

  it("WORKDIR makes a folder, unless it is the root", async () => {
    const made = await step("workdir", "FROM a\nUSER u\nWORKDIR /x");
    assert.deepEqual([made.path, made.user, made.layer], ["/x", "u", true]);
    assert.equal((await target("FROM a\nWORKDIR /")).steps[0]?.kind, "config");
  });
});

describe("The declared syntax", () => {
  for (const image of [
    "docker/dockerfile:1",
    "docker/dockerfile:1.7-labs",
    "docker.io/docker/dockerfile:1",
    "docker/dockerfile-upstream:master",
    "docker/dockerfile@sha256:0",
  ]) {
    it(`${image} is built in`, async () => assert.ok(await target(`# syntax=${image}\nFROM a`)));
  }
  for (const text of [
    "# syntax=tonistiigi/fo\nFROM a",
    "# syntax=evil/docker/dockerfile2\nFROM a",
    '{"syntax":"x/y"}',
  ]) {
    it(`refuses ${text.split("\n")[0]}`, async () => {
      await assert.rejects(
        target(text),
        (error) => isCode(error, "DOCKERFILE_UNSUPPORTED") && error.detail.line === 1,
      );
    });
  }
  it("can be chosen by a build argument", async () => {
    assert.ok(await target("# syntax=a/b\nFROM a", { args: { BUILDKIT_SYNTAX: "dockerfile.v0" } }));
    await assert.rejects(target("FROM a", { args: { BUILDKIT_SYNTAX: "a/b" } }), (e) =>
      isCode(e, "DOCKERFILE_UNSUPPORTED"),
    );
  });
});
