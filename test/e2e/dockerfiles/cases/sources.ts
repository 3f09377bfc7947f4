import { BZIP2_TAR, linkedTar, plainTar, ZSTD_TAR } from "../archives.ts";
import { BASE, type Case } from "../case.ts";

const DIGEST = "sha256:451f3e8714562111c7fc96b639f49f404507d4436dcd0ec3d539defcc2577d86";

/** What ADD takes, and contexts beside the main one. */
export const SOURCES: readonly Case[] = [
  {
    name: "add-http",
    dockerfile: `FROM ${BASE}
ADD {web}/files/plain.txt /named
ADD {web}/files/plain.txt {web}/files/archive.tar.gz /dir/
ADD --chmod=644 --chown=5:6 {web}/files/plain.txt /owned/
ADD --checksum=${DIGEST} {web}/files/plain.txt /checked/
ARG FILE=plain
ADD {web}/files/\${FILE}.txt?x=1 /expanded/
ADD {web}/files/plain.txt f a.tar.gz *.none /both/`,
    files: { f: "f", "a.tar.gz": plainTar() },
  },
  {
    name: "add-unpack",
    dockerfile: `FROM ${BASE}
ADD --unpack {web}/files/archive.tar.gz /unpacked/
ADD --unpack=false a.tar.gz /packed/
ADD --unpack=true --chown=7:8 a.tar.gz /owned/`,
    files: { "a.tar.gz": plainTar() },
  },
  {
    name: "add-git",
    dockerfile: `FROM ${BASE} AS fetched
ADD {web}/repo.git /main
ADD {web}/repo.git#v1 /tag
ADD {web}/repo.git#main:sub /folder
ADD --checksum={commit} {web}/repo.git#main /checked
ADD --keep-git-dir=true {web}/repo.git#main /kept
RUN cat /kept/.git/HEAD > /head; rm -r /kept/.git
FROM ${BASE}
COPY --from=fetched /main /main
COPY --from=fetched /tag /tag
COPY --from=fetched /folder /folder
COPY --from=fetched /checked /checked
COPY --from=fetched /kept /kept
COPY --from=fetched /head /head`,
  },
  {
    name: "add-compressed",
    dockerfile: `FROM ${BASE}
ADD a.tar.bz2 /bzip2/
ADD a.zst /zstd/
ADD not-a.tar /plain/
ADD empty.tar /empty/`,
    files: {
      "a.tar.bz2": BZIP2_TAR,
      "a.zst": ZSTD_TAR,
      "not-a.tar": "no archive at all",
      "empty.tar": "",
    },
  },
  {
    name: "add-over",
    dockerfile: `FROM ${BASE}
RUN mkdir -p /x/dir /real && echo old > /x/dir/file
ADD linked.tar /x
ADD linked.tar *.txt /y/`,
    files: { "linked.tar": linkedTar(), "one.txt": "1" },
  },
  {
    name: "named-contexts",
    dockerfile: `FROM replaced AS start
FROM stage:tag AS made
FROM made
COPY --from=dir . /dir
COPY --from=start f /start
COPY --from=${BASE} /etc/passwd /image
RUN --mount=from=dir,target=/m cat /m/f > /mounted`,
    files: { "other/f": "f", "other/skipped": "s", "other/.dockerignore": "skipped\n" },
    flags: [
      "--build-context",
      "dir={context}/other",
      "--build-context",
      "replaced={context}/other",
      "--build-context",
      `stage:tag=docker-image://${BASE}`,
    ],
  },
  {
    name: "replaced-stage",
    dockerfile: `FROM nowhere:never AS deps
RUN exit 1
FROM ${BASE}
COPY --from=deps /f /f`,
    files: { "other/f": "f" },
    flags: ["--build-context", "deps={context}/other"],
  },
];
