import { parseDockerfile } from "../../../builder/dockerfile/parse.ts";
import { resolveDockerfile } from "../../../builder/dockerfile/resolve/resolve.ts";
import type { Warning } from "../../../builder/dockerfile/resolved.ts";
import type { Digest } from "../../../core/digest.ts";
import { Failure } from "../../../core/errors.ts";
import type { Platform } from "../../../core/platform.ts";
import type { ImageConfig } from "../../../image/config.ts";
import { compare, corpus, type Json, type Sample } from "./corpus.ts";

const LINUX: Platform = { os: "linux", architecture: "amd64" };
/** Stands in for every base image of the corpus. */
const BASE: ImageConfig = {
  architecture: "amd64",
  os: "linux",
  rootfs: { type: "layers", diff_ids: [`sha256:${"0".repeat(64)}` as Digest] },
  history: [{ created_by: "base" }],
  config: {
    Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "BASE_ENV=1"],
    Cmd: ["/bin/sh"],
    WorkingDir: "/",
    Labels: { base: "1" },
  },
};

interface Answer {
  readonly image: Json | undefined;
  readonly error: string | undefined;
  readonly warnings: readonly Warning[];
}
const answers = new Map<string, Answer>();

async function answer({ text }: Sample, allStages: boolean): Promise<Answer> {
  const warnings: Warning[] = [];
  try {
    const resolved = await resolveDockerfile(parseDockerfile(text), {
      buildArgs: new Map(),
      buildPlatform: LINUX,
      loadImage: () => Promise.resolve(BASE),
      warn: (warning) => warnings.push(warning),
      allStages,
    });
    return { image: document(resolved.target.image), error: undefined, warnings };
  } catch (error) {
    if (error instanceof Failure) return { image: undefined, error: error.message, warnings };
    throw error;
  }
}

/** As Go prints it: empty lists and maps are left out, an absent list of layers is null. */
function document(image: ImageConfig): Json {
  const isEmpty = (value: unknown): boolean =>
    value === undefined ||
    value === "" ||
    (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  const config = Object.fromEntries(
    Object.entries(image.config ?? {}).filter(([, value]) => !isEmpty(value)),
  );
  const { diff_ids } = image.rootfs;
  const whole = {
    ...image,
    config,
    rootfs: { ...image.rootfs, diff_ids: diff_ids.length > 0 ? diff_ids : null },
  };
  return Object.fromEntries(
    Object.entries(whole).filter(([key, value]) => key === "config" || !isEmpty(value)),
  );
}

/** Warnings are found in another order; those of one line are compared as a set. */
const sorted = (warnings: readonly (readonly [number, number, string, string])[]): unknown =>
  warnings.map((warning) => JSON.stringify(warning)).sort();

describe("Real Dockerfiles", () => {
  before(async function () {
    for (const sample of corpus(this)) {
      if (sample.parseErr === undefined) answers.set(sample.file, await answer(sample, false));
    }
  });

  it("yield the image configuration and history that BuildKit writes", function () {
    compare(this, {
      what: "image configuration",
      want: ({ image, llbErr }) => image ?? llbErr,
      got: ({ file }) => answers.get(file)?.image ?? answers.get(file)?.error,
    });
  });

  it("get the warnings of BuildKit's checks", async function () {
    const found = new Map<string, Answer>();
    for (const sample of corpus(this)) {
      if (sample.parseErr === undefined) found.set(sample.file, await answer(sample, true));
    }
    compare(this, {
      what: "warnings",
      want: ({ lint }) =>
        lint === undefined
          ? undefined
          : sorted(
              lint.map((warning) => {
                const [first = 0, last = 0] = warning["lines"] as readonly number[];
                return [first, last, String(warning["rule"]), String(warning["detail"])];
              }),
            ),
      // The corpus has the first line of each only.
      got: ({ file }) =>
        sorted(
          (found.get(file)?.warnings ?? []).map(({ rule, message, lines }) => [
            lines.first,
            lines.first,
            rule,
            message,
          ]),
        ),
    });
  });
});
