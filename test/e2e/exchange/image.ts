import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

// The image that docker saved (saved-by-docker.tar.gz, made by record.ts): a program of its own, links, modes, a whiteout.
export const THEIRS = "exchange-theirs:1";
/** What is built here on top of it, saved, and loaded by docker. */
export const OURS = "exchange-ours:1";
export const PROGRAM_SAYS = "hello from inside";

/** Every time in both images: seconds since the epoch. */
export const TIME = 1_700_000_000;

export const OUR_DOCKERFILE = `FROM ${THEIRS}
COPY --chown=7:8 --chmod=750 tree /ours/
COPY tree/a.txt /kept/replaced
ADD bundle.tar /unpacked/
ENV OURS=yes
LABEL made.by=slipway
WORKDIR /ours
USER 7:8
RUN ["/hello"]
EXPOSE 80
`;

/** Makes the context of OUR_DOCKERFILE; `bundle` is a tar. */
export function writeOurContext(folder: string, bundle: Buffer): void {
  const files = {
    Dockerfile: OUR_DOCKERFILE,
    "tree/a.txt": "a",
    "tree/deep/b.txt": "b",
    "bundle.tar": bundle,
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  for (const path of [...Object.keys(files), "tree/deep", "tree"]) utimesSync(join(folder, path), TIME, TIME);
}

/** What docker said of both images. */
export interface Recorded {
  readonly theirs: Said;
  readonly ours: Said;
}
export interface Said {
  readonly id: string;
  readonly layers: readonly string[];
  readonly config: unknown;
  readonly output: string;
  readonly tree: Readonly<Record<string, string>>;
}

/** A command line that speaks docker's words, and the words with which it tells what it thinks of an image. */
export type Call = (argv: readonly string[]) => Promise<string>;
export type Export = (container: string) => Promise<Record<string, string>>;

export async function ask(
  image: string,
  call: Call,
  exportTree: Export,
  read: (json: string) => unknown,
): Promise<Said> {
  const inspect = (format: string): Promise<string> => call(["image", "inspect", "-f", format, image]);
  const container = await call(["create", "--network", "none", image]);
  const tree = await exportTree(container);
  await call(["rm", container]);
  return {
    id: await inspect("{{.Id}}"),
    layers: JSON.parse(await inspect("{{json .RootFS.Layers}}")) as string[],
    config: read(await inspect("{{json .Config}}")),
    output: await call(["run", "--rm", "--network", "none", image]),
    tree,
  };
}
