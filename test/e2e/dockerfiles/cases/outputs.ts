import { BASE, type Case } from "../case.ts";

const DOCKERFILE = `FROM ${BASE} AS made
RUN mkdir -p /o/d && echo made > /o/d/f && ln -s d/f /o/l && chmod 750 /o/d && chown 3:4 /o/d/f && ln /o/d/f /o/h
FROM scratch
COPY --from=made /o /
COPY f /f`;

/** Files instead of an image. */
export const OUTPUTS: readonly Case[] = [
  { name: "output-tar", dockerfile: DOCKERFILE, files: { f: "f" }, output: "tar" },
  { name: "output-local", dockerfile: DOCKERFILE, files: { f: "f" }, output: "local" },
  {
    name: "output-target",
    dockerfile: DOCKERFILE,
    files: { f: "f" },
    flags: ["--target", "made"],
    output: "tar",
  },
];
