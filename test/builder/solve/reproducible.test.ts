import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildResult } from "../../../builder/types.ts";
import { BuildFixture } from "../support/build-fixture.ts";

const DOCKERFILES: Readonly<Record<string, readonly string[]>> = {
  "a copy": ["FROM scratch", "COPY . /c/"],
  "a copy with owner and mode": ["FROM scratch", "COPY --chown=1:2 --chmod=750 d /c/"],
  "a command": ["FROM scratch", "RUN one"],
  "commands and directories": ["FROM scratch", "WORKDIR /a/b", "RUN one", "RUN two"],
  variables: ["FROM scratch", "ARG a=1", "ENV b=$a", "RUN one", "LABEL c=$b"],
  "a here-document": ["FROM scratch", "COPY <<A /x", "text", "A"],
  "two stages": ["FROM scratch AS one", "RUN one", "FROM scratch", "COPY --from=one / /o/"],
  "eight stages": [
    ...Array.from({ length: 8 }, (_, i) => [`FROM scratch AS s${i}`, `RUN step${i}`]).flat(),
    "FROM scratch",
    ...Array.from({ length: 8 }, (_, i) => `COPY --from=s${i} / /${i}/`),
  ],
  "a mount": ["FROM scratch", "RUN --mount=source=d,target=/m one", "RUN --mount=type=cache,target=/c two"],
  "an archive": ["FROM scratch", "ADD d/file a /x/"],
};

describe("the digest of an image", () => {
  for (const [title, lines] of Object.entries(DOCKERFILES)) {
    it(`is the same from two roots, for any number of jobs and after a wipe, with ${title}`, async () => {
      await using one = await prepared();
      await using other = await prepared();
      const build = (fixture: BuildFixture, jobs: number): Promise<BuildResult> =>
        fixture
          .anotherBuilder(fixture.store, { jobs })
          .build(fixture.request(lines, { sourceDateEpoch: 1_700_000_000 }), () => undefined);
      const { image } = await build(one, 1);
      assert.equal((await build(other, 8)).image, image);
      await one.emptyCache();
      await one.store.collect();
      assert.equal((await build(one, 8)).image, image);
    });
  }

  it("is that of eight stages whose commands all run at the same time", async () => {
    await using fixture = await prepared();
    let [running, most] = [0, 0];
    fixture.command = async () => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 2000 && most < 8; turn++) await sleep(5);
      running--;
      return 0;
    };
    const request = fixture.request(DOCKERFILES["eight stages"] ?? []);
    await fixture.anotherBuilder(fixture.store, { jobs: 8 }).build(request, () => undefined);
    assert.equal(most, 8);
  });
});

async function prepared(): Promise<BuildFixture> {
  const fixture = await BuildFixture.open();
  mkdirSync(fixture.scratch.join("context", "d"), { recursive: true });
  writeFileSync(fixture.scratch.join("context", "a"), "a");
  writeFileSync(fixture.scratch.join("context", "d", "file"), "content");
  fixture.command = ({ process }, upper) => {
    writeFileSync(`${upper}/${process.args.at(-1)}`, "made");
    return 0;
  };
  return fixture;
}
