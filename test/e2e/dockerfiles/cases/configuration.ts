import { BASE, type Case } from "../case.ts";

/** What ends up in an image's configuration. */
export const CONFIGURATION: readonly Case[] = [
  {
    name: "healthcheck",
    dockerfile: `FROM ${BASE} AS checked
HEALTHCHECK --interval=90s --timeout=1m30s --start-period=2s --start-interval=500ms --retries=2 CMD ["test", "-e", "/x"]
FROM checked AS inherits
LABEL x=y
FROM inherits
HEALTHCHECK CMD exit 0`,
  },
  {
    name: "healthcheck-none",
    dockerfile: `FROM ${BASE} AS checked
HEALTHCHECK CMD true
FROM checked
HEALTHCHECK NONE`,
  },
  {
    name: "inherited-commands",
    dockerfile: `FROM ${BASE} AS parent
SHELL ["/bin/busybox", "sh", "-c"]
ENTRYPOINT ["/entry"]
CMD ["one"]
STOPSIGNAL 9
FROM parent AS child
ENTRYPOINT other
FROM child
CMD two`,
  },
  {
    name: "json-or-not",
    dockerfile: `FROM ${BASE}
CMD ['single', "quotes"]
ENTRYPOINT [ "a" , "b\\tc", "\\u0041" ]
VOLUME [ "/a b", "/c" ]
VOLUME /d /e
SHELL [ "/bin/sh" , "-c" ]
ONBUILD CMD ["x"]
ONBUILD ENTRYPOINT y z`,
  },
  {
    name: "ports-and-volumes",
    dockerfile: `FROM ${BASE} AS parent
EXPOSE 81 82/TCP
VOLUME /parent
LABEL kept=1 changed=1
FROM parent
RUN mkdir -p /parent && echo kept > /parent/f
EXPOSE 81/udp 90-92/udp 1/sctp
VOLUME /own/ /own/../clean
LABEL changed=2 "with space"='v'`,
    flags: ["--label", "changed=3", "--label", "given", "--label", "url=http://x/?a=b"],
  },
  {
    name: "workdirs",
    dockerfile: `FROM ${BASE}
RUN mkdir -m 700 /there && ln -s /there /link
WORKDIR /there
WORKDIR /link/below
WORKDIR ../beside/
USER 5:6
WORKDIR /users/own
USER 0
WORKDIR "/with space"
WORKDIR sub dir
RUN pwd > /where
WORKDIR /`,
  },
  {
    name: "letter-case",
    dockerfile: `from ${BASE} as Lower
env A=1
Run echo "$A" > /a
  copy f /
FROM lower
\tLABEL tab=yes
workDir /w
cmd ["x"]`,
    files: { f: "f" },
  },
  {
    name: "windows-lines",
    dockerfile: `\uFEFF# escape=\`\r
FROM ${BASE}\r
RUN echo one && \`\r
    echo two > /out\r
COPY <<EOF /doc\r
line one\r
line two\r
EOF\r
ENV A=b\r
`,
  },
  {
    name: "odd-lines",
    dockerfile: `# check=skip=all

# a comment
   # an indented one
FROM ${BASE}

RUN echo a \\

    b \\
# in between

    c > /out
RUN echo "#no comment" > /hash # comment for the shell
ENV A=1 \\
    # about b
    B=2 \\
    \\
    C=3
LABEL d="e\\
  f"
`,
  },
  {
    name: "onbuild-instructions",
    dockerfile: `FROM ${BASE} AS made
RUN echo made > /made
FROM ${BASE} AS parent
ARG OUT=parent
ONBUILD ARG OUT=trigger
ONBUILD COPY --from=made /made /copied
ONBUILD COPY <<EOF /doc
text \${OUT}
EOF
ONBUILD RUN <<EOF
echo "$OUT" > /ran
EOF
ONBUILD WORKDIR /w
ONBUILD USER 5
ONBUILD LABEL by=trigger
FROM parent
RUN id -u > /tmp/user
LABEL own=1`,
  },
  {
    name: "onbuild-text",
    dockerfile: `FROM ${BASE}
ONBUILD RUN --mount=type=cache,target=/c echo $X \\
  continued
onbuild copy --chown=1:2 a b /c/
ONBUILD HEALTHCHECK --interval=3s CMD true
ONBUILD ADD <<EOF /f
doc
EOF
ONBUILD ENV A=b C="d e"`,
  },
  {
    name: "nothing",
    dockerfile: `FROM scratch
LABEL only=labels`,
  },
  {
    name: "base-alone",
    dockerfile: `FROM ${BASE}`,
  },
  {
    name: "stage-numbers",
    dockerfile: `FROM ${BASE}
RUN echo 0 > /0
FROM ${BASE}
COPY --from=0 /0 /0
RUN echo 1 > /1
FROM ${BASE} AS last
COPY --from=1 /0 /1 /
FROM last AS never`,
    flags: ["--target", "LAST"],
  },
  {
    name: "lower-layers",
    dockerfile: `FROM ${BASE}
RUN mkdir -p /a/b/c && echo 1 > /a/b/c/f && ln -s b /a/l && mkdir /keep && echo k > /keep/k
RUN rm -r /a/b && echo file > /a/b && rm /a/l && mkdir /a/l && echo in > /a/l/in
RUN mv /keep /moved && rm -r /a/l && ln -s /moved /a/l
COPY d /a
RUN rm -r /a && mkdir /a && touch /a/.wh-like && chmod 750 /a`,
    files: { "d/x": "x", "d/y/z": "z" },
  },
];
