import { BASE, type Case } from "../case.ts";

const TREE = {
  "a/one.txt": "1",
  "a/two.md": "2",
  "a/b/three.txt": "3",
  "a/b/c/four.txt": "4",
  "a/.hidden": "h",
} as const;

/** What COPY makes of files. */
export const COPY_OPTIONS: readonly Case[] = [
  {
    name: "copy-link",
    dockerfile: `FROM ${BASE} AS made
RUN mkdir -p /o/d && echo linked > /o/d/f && chmod 750 /o/d
FROM ${BASE}
RUN mkdir -m 700 /there && ln -s /there /elsewhere
COPY --link f /into/
COPY --link --chown=3:4 --from=made /o /owned
COPY --link=true --from=made /o/d/f /there/
COPY --link <<EOF /here
doc
EOF
COPY --link=false f /elsewhere/`,
    files: { f: "f" },
  },
  {
    name: "copy-link-chmod",
    dockerfile: `FROM ${BASE}
COPY --link --chmod=0640 a /x/
COPY --link --chmod=755 --chown=1 a/one.txt /y`,
    files: TREE,
  },
  {
    name: "copy-exclude",
    dockerfile: `FROM ${BASE}
COPY --exclude=*.md a /top/
COPY --exclude=**/*.txt --exclude=.hidden a /all/
COPY --exclude=b/c a /dir/
COPY --exclude=*.txt --exclude=!one.txt a/* /but/`,
    files: TREE,
  },
  {
    name: "copy-chmod-symbolic",
    dockerfile: `FROM ${BASE}
COPY --chmod=u=rwX,go=rX tree /one
COPY --chmod=+x tree /two
COPY --chmod=a-w,u+s tree/exec /three
COPY --chmod=g=u,o= tree /four`,
    files: {
      "tree/exec": { mode: 0o700, data: "x" },
      "tree/plain": { mode: 0o600, data: "p" },
      "tree/d/deep": { mode: 0o444, data: "d" },
    },
  },
  {
    name: "copy-variables",
    dockerfile: `FROM ${BASE}
ARG NAME=one
ENV TO=/dest MODE=600
ARG OWNER=5:6
COPY a/\${NAME}.txt $TO/
COPY --chown=\${OWNER} --chmod=$MODE a/b \${TO}/\${NAME:+set}/
COPY a/$NOPE/two.md /
COPY ["a/\${NAME}.txt", "/json $NAME"]`,
    files: TREE,
  },
  {
    name: "copy-owners",
    dockerfile: `FROM ${BASE}
RUN echo 'me:x:31:32::/:/bin/sh' >> /etc/passwd && echo 'us:x:41:' >> /etc/group
COPY --chown=me f /user
COPY --chown=me:us f /both
COPY --chown=:us f /group
COPY --chown=7 f /number
COPY --chown=7:us f /mixed
COPY --chown=me d /made/by/
USER me
COPY f /still-root
WORKDIR /mine
COPY --chown=0:0 f /mine/root`,
    files: { f: "f", "d/e": "e" },
  },
  {
    name: "copy-targets",
    dockerfile: `FROM ${BASE}
RUN mkdir /dir && touch /file && ln -s /dir /to-dir && ln -s file /to-file && ln -s /missing /dangling
COPY a/one.txt /dir
COPY a/one.txt /to-dir
COPY a/one.txt /to-file
COPY a/one.txt /new/deep/name
COPY a/one.txt /new/deep/folder/
COPY a /dir/.
COPY a/. /dot
COPY a/b/../one.txt /dots
COPY ../../a/one.txt /outside
COPY /a/one.txt /absolute`,
    files: TREE,
  },
  {
    name: "copy-replaces",
    dockerfile: `FROM ${BASE}
RUN mkdir -p /x/one.txt.d && echo old > /x/one.txt && chmod 600 /x/one.txt && ln -s /etc/passwd /x/two.md && chmod 700 /x
COPY a /x
RUN mkdir -m 711 /x/b/made && chown 5:5 /x/b
COPY a /x/`,
    files: TREE,
  },
  {
    name: "copy-modes",
    dockerfile: `FROM ${BASE}
COPY tree /tree
COPY tree/setuid /alone`,
    files: {
      "tree/setuid": { mode: 0o4755, data: "s" },
      "tree/sticky/f": { mode: 0o1644, data: "t" },
      "tree/none": { mode: 0o000, data: "n" },
    },
  },
  {
    name: "copy-from-stages",
    dockerfile: `FROM ${BASE} AS One
RUN mkdir /d && echo one > /d/f && ln /d/f /d/g && ln -s f /d/l && ln -s /d /link
FROM scratch AS empty
FROM ${BASE} AS two
COPY --from=one /d /d
COPY --from=ONE /link/f /through
FROM two
COPY --from=0 /d/l /followed
COPY --from=2 /d/. /again/
COPY --from=one /d/* /star/
COPY --from=two --chmod=600 /d/f /d/g /modes/`,
  },
  {
    name: "copy-heredocs",
    dockerfile: `FROM ${BASE}
ARG X=1
WORKDIR /w
COPY <<one <<"two" f .
\${X} "quoted" \\$X \\\\ end
one
\${X} stays
two
COPY --chown=3:4 --chmod=0711 <<EOF script
#!/bin/sh
EOF
COPY <<-EOF /tabs/
	one
		two
	EOF
ADD <<EOF /added
$X
EOF
COPY <<EOF /empty
EOF`,
    files: { f: "f" },
  },
  {
    name: "own-ignore-file",
    dockerfile: `FROM ${BASE}
COPY . /c`,
    files: {
      ".dockerignore": "a\n",
      "Dockerfile.dockerignore": "# its own\nb\n**/c\n!d/c\n",
      a: "a",
      b: "b",
      c: "c",
      "d/c": "c",
      "e/f/c": "c",
    },
  },
  {
    name: "ignore-patterns",
    dockerfile: `FROM ${BASE}
COPY . /c
COPY d*/in /star/`,
    files: {
      ".dockerignore":
        "\n  # not a comment\n*\n!d1\n!d2/in\n!/d3/../kept\nd1/[a-c]\nd1/?x\nd1/**/deep\n!**/back\nd1/esc\\*\n",
      "d1/a": "a",
      "d1/d": "d",
      "d1/1x": "x",
      "d1/12x": "x",
      "d1/p/q/deep/f": "f",
      "d1/p/q/deep/back": "b",
      "d1/esc*": "e",
      "d2/in": "in",
      "d2/out": "out",
      kept: "kept",
      other: "o",
    },
  },
];
