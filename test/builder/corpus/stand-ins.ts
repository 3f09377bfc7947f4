import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Context } from "mocha";
import type { BaseImage } from "../../../builder/ports.ts";
import { EPOCH_SECONDS } from "../../../fixtures/base-images/recipe.ts";
import type { BaseImageName } from "../../../fixtures/base-images.ts";
import { requiresBaseImage } from "../../support/requires.ts";
import type { BuildFixture } from "../support/build-fixture.ts";

interface StandIn {
  readonly standsFor: RegExp;
  readonly base: BaseImageName;
  readonly cmd: string;
  /** What cases look for, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

const ALPINE_FILES = {
  "etc/os-release": "ID=alpine\n",
  "etc/passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:2:2:daemon:/sbin:/sbin/nologin\n",
} as const;

const STAND_INS: readonly StandIn[] = [
  { standsFor: /busybox/, base: "busybox:latest", cmd: "sh" },
  { standsFor: /alpine/, base: "busybox:latest", cmd: "/bin/sh", files: ALPINE_FILES },
  { standsFor: /^/, base: "debian:bookworm", cmd: "bash" },
];

/** The time of every file of a stand-in, as the recordings write it. */
export const STAND_IN_TIME = new Date(EPOCH_SECONDS * 1000).toISOString().replace(".000Z", "Z");

/** Makes the images that stand for the official ones of the cases, and lets the fixture take them. Skips the test without base images. */
export async function useStandIns(test: Context, fixture: BuildFixture): Promise<void> {
  for (const name of new Set(STAND_INS.map(({ base }) => base)))
    await fixture.useContainers(requiresBaseImage(test, name));
  for (const [i, standIn] of STAND_INS.entries()) fixture.images.set(nameOf(i), await make(fixture, standIn));
  fixture.alias = (reference) =>
    fixture.images.has(reference)
      ? reference
      : nameOf(STAND_INS.findIndex(({ standsFor }) => standsFor.test(reference)));
}

const nameOf = (index: number): string => `stand-in ${index}`;

async function make(fixture: BuildFixture, { base, cmd, files = {} }: StandIn): Promise<BaseImage> {
  const context = fixture.scratch.join(`stand-in-${cmd.replaceAll("/", "-")}`);
  mkdirSync(context);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(context, path)), { recursive: true });
    writeFileSync(join(context, path), content);
    utimesSync(join(context, path), EPOCH_SECONDS, EPOCH_SECONDS);
  }
  const copies = Object.keys(files).map((path) => `COPY ${path} /${path}`);
  const built = await fixture.build([`FROM ${base}`, ...copies], { context });
  const config = { ...built.config, config: { ...built.config.config, Cmd: [cmd] } };
  return { reference: base, id: built.image, config, layers: config.rootfs.diff_ids };
}
