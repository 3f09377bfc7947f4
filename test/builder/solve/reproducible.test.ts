import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { BuildResult } from "../../../builder/types.ts";
import type { Digest } from "../../../core/digest.ts";
import type { DriverName } from "../../../store/snapshots/choose-driver.ts";
import { requiresBaseImage, requiresErofs, requiresNativeCore } from "../../support/requires.ts";
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

const IN_CONTAINERS = [
  "FROM busybox",
  "COPY d /d",
  "RUN echo more >> /d/file && ln /d/file /linked && rm -r /bin/vi && mkdir /new && chmod 2750 /new",
  "RUN cat /linked > /new/read && chown -R 7:8 /d && rm /linked",
  "COPY --from=busybox /etc /copied",
];

const DRIVERS: readonly DriverName[] = ["overlay2", "erofs"];

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

    it(`is the same with either snapshot driver, for any number of jobs, with ${title}`, async function () {
      requiresErofs(this);
      const images: Digest[] = [];
      for (const driver of DRIVERS)
        for (const jobs of [1, 8]) {
          await using fixture = await prepared({ driver });
          const request = fixture.request(lines, { sourceDateEpoch: 1_700_000_000 });
          const builder = fixture.anotherBuilder(fixture.store, { jobs });
          images.push((await builder.build(request, () => undefined)).image);
        }
      assert.deepEqual(images, Array(images.length).fill(images[0]));
    });
  }

  it("is the same with either snapshot driver when commands run in containers", async function () {
    requiresErofs(this);
    requiresNativeCore(this);
    const base = requiresBaseImage(this, "busybox:latest");
    const images: Digest[] = [];
    for (const driver of DRIVERS) {
      await using fixture = await prepared({ driver });
      await fixture.useContainers(base);
      const { image } = await fixture.build(IN_CONTAINERS, { sourceDateEpoch: 1_700_000_000 });
      images.push(image);
    }
    assert.equal(images[0], images[1]);
  });

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

async function prepared(options?: { readonly driver: DriverName }): Promise<BuildFixture> {
  const fixture = await BuildFixture.open(options);
  mkdirSync(fixture.scratch.join("context", "d"), { recursive: true });
  writeFileSync(fixture.scratch.join("context", "a"), "a");
  writeFileSync(fixture.scratch.join("context", "d", "file"), "content");
  fixture.command = ({ process }, upper) => {
    writeFileSync(`${upper}/${process.args.at(-1)}`, "made");
    return 0;
  };
  return fixture;
}
