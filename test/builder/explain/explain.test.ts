import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import type { BuildRequest } from "../../../builder/types.ts";
import { digestOf } from "../../../core/digest.ts";
import { BuildFixture } from "../support/build-fixture.ts";

interface Build {
  readonly lines: readonly string[];
  readonly more?: Partial<BuildRequest>;
}
interface Seed {
  readonly first: Build;
  /** Changes what is around the build before it is built again. */
  readonly change?: (fixture: BuildFixture, file: (path: string) => string) => unknown;
  readonly second?: Build;
  /** The causes that are told, in the order of the steps. */
  readonly told: readonly string[];
}

const copy: Build = { lines: ["FROM scratch", "COPY d /d"] };
const run = (...lines: readonly string[]): Build => ({ lines: ["FROM base", ...lines] });

const SEEDS: Readonly<Record<string, Seed>> = {
  "a file's content": {
    first: copy,
    change: (_, file) => writeFileSync(file("d/a"), "other"),
    told: ["the content of a changed"],
  },
  "a file's mode": {
    first: copy,
    change: (_, file) => chmodSync(file("d/a"), 0o755),
    told: ["the mode (644 to 755) of a changed"],
  },
  "a file that is new": {
    first: copy,
    change: (_, file) => writeFileSync(file("d/b"), "b"),
    told: ["b was added"],
  },
  "a file that is gone": {
    first: copy,
    change: (_, file) => unlinkSync(file("d/link")),
    told: ["link was removed"],
  },
  "a link's target": {
    first: copy,
    change: (_, file) => {
      unlinkSync(file("d/link"));
      symlinkSync("elsewhere", file("d/link"));
    },
    told: ["the target of link changed"],
  },
  "a file that became a link": {
    first: copy,
    change: (_, file) => {
      unlinkSync(file("d/a"));
      symlinkSync("link", file("d/a"));
    },
    told: ["the type (file to symlink) of a changed"],
  },
  "the ignore file": {
    first: copy,
    change: (_, file) => writeFileSync(file(".dockerignore"), "d/a\n"),
    told: ["a was removed"],
  },
  "an owner, in a stage": {
    first: run("RUN own 1", "FROM scratch", "COPY --from=0 /x /y"),
    second: run("RUN own 2", "FROM scratch", "COPY --from=0 /x /y"),
    told: ["arguments: word 3 changed from own 1 to own 2", "the owner (1:1 to 2:2) of x changed"],
  },
  "a build argument": {
    first: { ...run("ARG a", "RUN x"), more: { buildArgs: { a: "1" } } },
    second: { ...run("ARG a", "RUN x"), more: { buildArgs: { a: "2" } } },
    told: ["environment: a changed from a=1 to a=2"],
  },
  "a variable that is new": {
    first: run("RUN x"),
    second: run("ENV b=1", "RUN x"),
    told: ["environment: b=1 was added"],
  },
  "a variable that is gone": {
    first: run("ENV b=1", "RUN x"),
    second: run("RUN x"),
    told: ["environment: b=1 was removed"],
  },
  "the order of variables": {
    first: run("ENV a=1 b=2", "RUN x"),
    second: run("ENV b=2 a=1", "RUN x"),
    told: ["environment: the order changed"],
  },
  "the command": {
    first: run("RUN one"),
    second: run("RUN two"),
    told: ["arguments: word 3 changed from one to two"],
  },
  "the shell": {
    first: run("RUN x"),
    second: run('SHELL ["/bin/ash", "-c"]', "RUN x"),
    told: ["arguments: word 1 changed from /bin/sh to /bin/ash"],
  },
  "the working directory": {
    first: run("WORKDIR /a"),
    second: run("WORKDIR /b"),
    told: ['path changed from "/a" to "/b"'],
  },
  "the user": { first: run("RUN x"), second: run("USER 5", "RUN x"), told: ['user changed from "" to "5"'] },
  "the network": {
    first: run("RUN x"),
    second: run("RUN --network=none x"),
    told: ['network changed from "default" to "none"'],
  },
  "the destination": {
    first: copy,
    second: { lines: ["FROM scratch", "COPY d /e"] },
    told: ['destination changed from "/d" to "/e"'],
  },
  "--chown": {
    first: copy,
    second: { lines: ["FROM scratch", "COPY --chown=3 d /d"] },
    told: ['--chown changed from "" to "3"'],
  },
  "a here-document": {
    first: { lines: ["FROM scratch", "COPY <<A /x", "one", "A"] },
    second: { lines: ["FROM scratch", "COPY <<A /x", "two", "A"] },
    told: ["inline files changed from "],
  },
  "a base image that has moved": {
    first: run("RUN x"),
    change: (fixture) => addBase(fixture, "moved"),
    told: ["the image docker.io/library/base:latest is another one now"],
  },
  "a trigger of the base image": {
    first: run("RUN x"),
    change: (fixture) => addBase(fixture, "base", ["RUN trigger"]),
    told: ["it was never built", "it follows [2/3] ONBUILD RUN trigger, which was performed again"],
  },
  "a step before it": {
    first: run("RUN write 1", "RUN after"),
    second: run("RUN write 2", "RUN after"),
    told: [
      "arguments: word 3 changed from write 1 to write 2",
      "it follows [2/3] RUN write 2, which was performed again",
    ],
  },
  "a mount's content": {
    first: run("RUN --mount=source=d,target=/m x"),
    change: (_, file) => writeFileSync(file("d/a"), "other"),
    told: ["the content of a changed", "the content of a changed"],
  },
  "a result that was removed from the cache": {
    first: copy,
    change: (fixture) => fixture.store.database.exec("DELETE FROM cache_records"),
    told: ["its result was removed from the cache since it was built"],
  },
  "a build without cache": {
    first: copy,
    second: { ...copy, more: { noCache: true } },
    told: ["the build was told to use no cache"],
  },
  "a stage without cache": {
    first: run("RUN write 1", "FROM base AS two", "COPY --from=0 /x /y"),
    second: {
      ...run("RUN write 1", "FROM base AS two", "COPY --from=0 /x /y"),
      more: { noCacheStages: ["stage-0"] },
    },
    told: ["the build was told to use no cache for its stage"],
  },
  "nothing before": {
    first: run("RUN x"),
    second: { ...run("RUN y"), more: { target: "0" } },
    told: ["it was never built"],
  },
  "the value of a secret, which is none": {
    first: {
      ...run("RUN --mount=type=secret,id=s x"),
      more: { secrets: { secret: async () => Buffer.from("1") } },
    },
    second: {
      ...run("RUN --mount=type=secret,id=s x"),
      more: { secrets: { secret: async () => Buffer.from("2") } },
    },
    told: [],
  },
};

async function addBase(
  fixture: BuildFixture,
  content: string,
  onBuild: readonly string[] = [],
): Promise<void> {
  const reference = "docker.io/library/base:latest";
  const data = Buffer.from(content);
  const entry = {
    path: "base",
    type: "file",
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    size: data.length,
    data,
  } as const;
  const { diffId } = await fixture.store.layers.write(-1, [entry]);
  const config = {
    architecture: "amd64",
    os: "linux",
    config: { OnBuild: onBuild },
    rootfs: { type: "layers", diff_ids: [diffId] },
  } as const;
  fixture.images.set(reference, { reference, id: digestOf(content), config, layers: [diffId] });
}

describe("build --explain", () => {
  for (const [title, { first, change, second = first, told }] of Object.entries(SEEDS)) {
    it(`tells of ${title}`, async () => {
      await using fixture = await BuildFixture.open();
      const file = (path: string): string => fixture.scratch.join("context", path);
      mkdirSync(file("d"), { recursive: true });
      writeFileSync(file("d/a"), "a", { mode: 0o644 });
      symlinkSync("a", file("d/link"));
      await addBase(fixture, "base");
      fixture.command = async (request, upper) => {
        const { writeFileSync: write, chownSync: chown } = await import("node:fs");
        const [word = "", value = ""] = (request.process.args.at(-1) ?? "").split(" ");
        if (word === "write") write(`${upper}/x`, value);
        if (word === "own") {
          write(`${upper}/x`, "");
          chown(`${upper}/x`, Number(value), Number(value));
        }
        return 0;
      };
      await fixture.build(first.lines, first.more);
      await change?.(fixture, file);
      const { events } = await fixture.build(second.lines, { ...second.more, explain: true });
      const causes = events.flatMap((event) => (event.type === "explained" ? [event.cause.text] : []));
      assert.equal(causes.length, told.length, causes.join("\n"));
      for (const [i, text] of told.entries()) assert.equal(causes[i]?.slice(0, text.length), text);
      rmSync(file("d"), { recursive: true });
    });
  }
});
