import { capabilityTar, plainTar } from "../archives.ts";
import { BASE, type Case } from "../case.ts";

/** A little of everything. */
export const BASICS: readonly Case[] = [
  {
    name: "env",
    dockerfile: `FROM ${BASE}
ENV A=1 B="two words" C=\${A}x
ENV D=\${NOPE:-default} E=\${A:+set} F='single $A' G=\\$A
ENV LEGACY some more words
RUN env | grep -v HOSTNAME | sort > /env`,
  },
  {
    name: "user",
    dockerfile: `FROM ${BASE}
RUN echo app:x:1234:1234::/home/app:/bin/sh >> /etc/passwd
RUN printf 'app:x:1234:\\nextra:x:4321:app\\n' >> /etc/group && mkdir -p /home/app
COPY --chown=app:extra f /by-name
COPY --chown=55:66 f /by-number
USER app
RUN id > /tmp/id; echo $HOME >> /tmp/id
COPY f /by-user
WORKDIR /home/app/sub
RUN touch f 2>/dev/null || echo denied > /tmp/denied
USER 99:98
RUN id > /tmp/id2`,
    files: { f: "x" },
  },
  {
    name: "workdir",
    dockerfile: `FROM ${BASE}
ENV BASEDIR=/srv
WORKDIR $BASEDIR
WORKDIR rel
WORKDIR ../up/./x
COPY f .
COPY f sub/
RUN pwd > where`,
    files: { f: "x" },
  },
  {
    name: "entrypoint-resets-cmd",
    dockerfile: `FROM ${BASE}
ENTRYPOINT ["/bin/echo", "a b"]`,
  },
  {
    name: "shell-forms",
    dockerfile: `FROM ${BASE}
ENTRYPOINT exec top -b
CMD echo $HOME "quoted"`,
  },
  {
    name: "cmd-overrides",
    dockerfile: `FROM ${BASE}
CMD ["one"]
CMD ["two", "three"]
ENTRYPOINT []`,
  },
  {
    name: "onbuild",
    dockerfile: `FROM ${BASE} AS base
ONBUILD COPY f /from-trigger
ONBUILD RUN echo triggered > /triggered
ONBUILD ENV T=1
FROM base
RUN cat /triggered > /seen`,
    files: { f: "x" },
  },
  {
    name: "onbuild-kept",
    dockerfile: `FROM ${BASE}
ONBUILD RUN echo later
ONBUILD WORKDIR /later`,
  },
  {
    name: "heredocs",
    dockerfile: `FROM ${BASE}
ARG WHO=world
RUN <<EOF
echo one > /one
echo "$WHO" > /two
EOF
RUN <<EOF cat > /piped
content $WHO
EOF
COPY <<EOF <<-'RAW' /copied/
hello \${WHO}
EOF
	raw \${WHO}
RAW
COPY --chmod=0640 <<name.txt /single
text
name.txt
RUN <<SCRIPT
#!/bin/sh -e
echo script > /script
SCRIPT
`,
  },
  {
    name: "dockerignore",
    dockerfile: `FROM ${BASE}
COPY . /all`,
    files: {
      ".dockerignore":
        "# comment\n*.log\n!keep.log\nnode_modules\n**/*.tmp\n!important/**/*.tmp\nsub/*\n!sub/in\n/anchored\n",
      "a.log": "1",
      "keep.log": "2",
      "node_modules/x": "3",
      "deep/y.tmp": "4",
      "important/deep/z.tmp": "5",
      "sub/in": "6",
      "sub/out": "7",
      anchored: "8",
      "other/anchored": "9",
    },
  },
  {
    name: "symlinks",
    dockerfile: `FROM ${BASE}
RUN mkdir -p /real/inner && ln -s /real /abs && ln -s real/inner /rel
COPY tree /tree
COPY tree/to-file /followed
COPY f /abs/
COPY f /rel/
COPY tree /abs/merged`,
    files: {
      f: "x",
      "tree/file": "content",
      "tree/to-file": { link: "file" },
      "tree/to-dir": { link: "dir" },
      "tree/dangling": { link: "/nowhere/at/all" },
      "tree/up": { link: "../f" },
      "tree/dir/inside": "y",
    },
  },
  {
    name: "hard-links",
    dockerfile: `FROM ${BASE}
COPY tree /tree
RUN echo one > /a && ln /a /b && ln /bin/busybox /bb
RUN echo more >> /b`,
    files: { "tree/a": "same", "tree/b": { hardlink: "tree/a" } },
  },
  {
    name: "capabilities",
    dockerfile: `FROM ${BASE}
ADD caps.tar /`,
    files: { "caps.tar": capabilityTar() },
  },
  {
    name: "empty-directories",
    dockerfile: `FROM ${BASE}
COPY tree /tree
COPY empty /empty
COPY empty/ /into/
RUN mkdir -p /made/deep && mkdir /sticky && chmod 1777 /sticky`,
    files: { "tree/empty": "dir", "tree/sub/empty": "dir", empty: "dir" },
  },
  {
    name: "arg-scoping",
    dockerfile: `ARG GLOBAL=outer
ARG OTHER=other
FROM ${BASE} AS first
ARG GLOBAL
ARG LOCAL=\${GLOBAL}-local
RUN echo "[$GLOBAL][$OTHER][$LOCAL][$GIVEN]" > /args
FROM first
ARG OTHER=inner
ARG GIVEN
RUN echo "[$GLOBAL][$OTHER][$LOCAL][$GIVEN]" > /args2
ENV OTHER=env
ARG OTHER=after
RUN echo "[$OTHER]" > /args3`,
    flags: ["--build-arg", "GIVEN=given", "--build-arg", "LOCAL=over"],
  },
  {
    name: "stages",
    dockerfile: `FROM ${BASE} AS build
RUN mkdir /out && echo built > /out/f && chmod 600 /out/f && echo x > /out/.hidden
FROM ${BASE} AS unused
RUN exit 1
FROM ${BASE}
COPY --from=build /out /copied
COPY --from=0 --chmod=755 /out/f /by-index
COPY --from=build --chown=7:8 /out/. /owned/`,
  },
  {
    name: "copy-from-image",
    dockerfile: `FROM scratch
COPY --from=${BASE} /bin/busybox /etc/passwd /out/`,
  },
  {
    name: "target",
    dockerfile: `FROM ${BASE} AS one
RUN echo one > /one
FROM one AS two
RUN echo two > /two
FROM two
RUN echo three > /three`,
    flags: ["--target", "two", "--label", "given=label"],
  },
  {
    name: "wildcards",
    dockerfile: `FROM ${BASE}
COPY *.txt /txt/
COPY d?r/*/ /dirs/
COPY [ab].c /c/
COPY ["with space", "/with space/"]
COPY dir /copy-of-content
COPY dir/ dir2 /several/`,
    files: {
      "a.txt": "a",
      "b.txt": "b",
      "c.md": "c",
      "dir/x/1": "1",
      "dir/y/2": "2",
      "dir/top": "t",
      "dir2/other": "o",
      "a.c": "",
      "b.c": "",
      "d.c": "",
      "with space": "s",
    },
  },
  {
    name: "add-archives",
    dockerfile: `FROM ${BASE}
ADD a.tar.gz /unpacked
ADD a.tar.gz plain /mixed/
COPY plain /copied`,
    files: { "a.tar.gz": plainTar(), plain: "p" },
  },
  {
    name: "metadata",
    dockerfile: `FROM ${BASE}
MAINTAINER somebody@example.com
LABEL one=1 two="with space" \\
      three='single' "quoted key"=v
LABEL multi="line \\
continued"
EXPOSE 80 443/tcp 53/udp 8000-8002
VOLUME /data /more
VOLUME ["/v1", "/v2"]
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s --timeout=1m --retries=4 CMD test -f /x || exit 1
SHELL ["/bin/sh", "-ec"]
RUN echo shell > /shell
CMD echo with shell`,
  },
  {
    name: "whiteouts",
    dockerfile: `FROM ${BASE}
RUN mkdir -p /d/sub && touch /d/a /d/b /d/sub/c /gone
RUN rm /d/a /bin/wget && rm -r /d/sub && mkdir /d/sub && touch /d/sub/new
RUN rm /gone && mkdir /gone && touch /gone/now-a-directory
RUN rm -r /gone && ln -s /d /gone && mv /d/b /d/renamed`,
  },
  {
    name: "modes",
    dockerfile: `FROM ${BASE}
COPY exec private /
COPY --chmod=0604 exec /octal
RUN touch /setuid && chmod 4755 /setuid && mkdir -m 2775 /setgid && touch /setgid/inherits && chown 5:6 /masked || true
RUN umask 077 && touch /masked && mkdir /masked-dir`,
    files: { exec: { mode: 0o755, data: "#!/bin/sh\n" }, private: { mode: 0o600, data: "p" } },
  },
  {
    name: "names",
    dockerfile: `FROM ${BASE}
COPY . /ctx
RUN touch "/with space" '/quo"te' /ünïcode`,
    files: {
      "ünïcode/日本": "u",
      "with space/and 'quote'": "q",
      [`long/${"n".repeat(120)}/${"m".repeat(200)}`]: "l",
      "-dash": "d",
      ".hidden/.f": "h",
    },
  },
  {
    name: "escape-and-comments",
    dockerfile: `# escape=\`
# a comment
FROM ${BASE}
RUN echo one \`
# in between
   two \`

   three > /out
ENV A=a\`\`b`,
  },
  {
    name: "scratch",
    dockerfile: `FROM ${BASE} AS tools
FROM scratch
COPY --from=tools /bin/busybox /bin/sh
COPY f /etc/f
ENV X=y
CMD ["/bin/sh"]`,
    files: { f: "f" },
  },
];
