import type { Context } from "./context.ts";

/** A build whose image both engines must agree on, tree and config. */
export interface BuildCase {
  readonly name: string;
  readonly dockerfile: string;
  readonly context?: Context;
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly target?: string;
}

const lines = (...text: readonly string[]): string => `${text.join("\n")}\n`;

export const BUILD_CASES: readonly BuildCase[] = [
  {
    name: "env",
    dockerfile: lines(
      "FROM busybox",
      'ENV A=1 B="two words" C=three\\ words',
      "ENV LEGACY value with  spaces",
      "ENV A=2 D=$A E=${B:-unset} F=${NOPE:-default} G=${A:+set} H='$A'",
      "RUN env | grep -E '^(A|B|C|D|E|F|G|H|LEGACY|PATH|HOME)=' | sort > /env",
    ),
  },
  {
    name: "user",
    dockerfile: lines(
      "FROM busybox",
      "RUN echo app:x:1234:1234::/home/app:/bin/sh >> /etc/passwd && printf 'app:x:1234:\\nextra:x:4321:app\\n' >> /etc/group && mkdir -p /home/app && chown 1234:1234 /home/app",
      "USER app",
      "RUN id > /tmp/id && touch /home/app/mine",
      "WORKDIR /home/app/work",
      "USER 99:77",
      "RUN id > /tmp/id2",
      "USER app:extra",
      "RUN id > /tmp/id3",
    ),
  },
  {
    name: "workdir",
    dockerfile: lines(
      "FROM busybox",
      "WORKDIR /a",
      "WORKDIR b/c",
      "RUN pwd > here",
      "ENV D=dir",
      "WORKDIR /x/$D/../y",
      "RUN pwd > here",
      "WORKDIR /a/",
    ),
  },
  {
    name: "ownership",
    context: {
      "one.txt": "1",
      "dir/two.txt": "2",
      "dir/run.sh": { text: "#!/bin/sh\n", mode: 0o755 },
      "odd.txt": { text: "odd", mode: 0o600, uid: 7, gid: 8 },
    },
    dockerfile: lines(
      "FROM busybox",
      "RUN echo deploy:x:1500:1501::/:/bin/sh >> /etc/passwd",
      "COPY --chown=deploy one.txt /srv/one.txt",
      "COPY --chown=deploy:users dir /srv/dir/",
      "COPY --chown=12:34 --chmod=751 dir/run.sh /srv/",
      "COPY odd.txt /srv/odd.txt",
      "ADD --chown=5 one.txt /srv/new/parent/one.txt",
    ),
  },
  {
    name: "entrypoint-exec-cmd-exec",
    dockerfile: lines(
      "FROM busybox",
      'CMD ["ignored"]',
      'ENTRYPOINT ["echo", "hello $HOME"]',
      'CMD ["a b", "c"]',
    ),
  },
  { name: "entrypoint-resets-cmd", dockerfile: lines("FROM busybox", "ENTRYPOINT echo shell form $HOME") },
  {
    name: "cmd-shell",
    dockerfile: lines("FROM busybox", 'SHELL ["/bin/ash", "-ec"]', "CMD echo $PATH", "RUN echo $0 > /shell"),
  },
  {
    name: "onbuild",
    context: { "app.txt": "app" },
    dockerfile: lines(
      "FROM busybox AS base",
      "ONBUILD COPY app.txt /onbuild/",
      "ONBUILD RUN echo triggered > /onbuild/run",
      'ONBUILD ENV TRIGGERED="yes"',
      "FROM base",
      "RUN cat /onbuild/* > /all",
    ),
  },
  {
    name: "heredocs",
    dockerfile: lines(
      "FROM busybox",
      "ENV NAME=world",
      "RUN <<EOF",
      "echo one > /one",
      "echo two $NAME > /two",
      "EOF",
      "RUN <<EOF sh -e",
      "echo piped > /piped",
      "EOF",
      "RUN <<'EOF' cat > /quoted",
      "$NAME stays",
      "EOF",
      "COPY <<EOF /etc/greeting",
      "hello $NAME",
      "EOF",
      "COPY <<-'A' <<B /multi/",
      "\ttab $NAME",
      "A",
      "b ${NAME}",
      "B",
      "RUN <<EOF",
      "#!/bin/ash",
      "echo script $NAME > /script",
      "EOF",
    ),
  },
  {
    name: "dockerignore-negation",
    context: {
      ".dockerignore":
        "*.log\n!keep.log\nsecret\n!secret/public\n**/tmp\n# comment\nnode_modules/*\n!node_modules/mine\n",
      "a.log": "a",
      "keep.log": "k",
      "secret/private": "p",
      "secret/public": "u",
      "x/tmp/file": "t",
      "x/y": "y",
      "node_modules/theirs/f": "1",
      "node_modules/mine/f": "2",
      Dockerfile: "unused",
    },
    dockerfile: lines("FROM scratch", "COPY . /ctx/"),
  },
  {
    name: "symlinks",
    context: {
      "real/file": "content",
      "to-file": { link: "real/file" },
      "to-dir": { link: "real" },
      dangling: { link: "nowhere" },
      absolute: { link: "/etc/passwd" },
      "real/up": { link: "../real/file" },
    },
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir -p /target && ln -s /target /link && ln -s ../target /abs",
      "COPY to-file /a",
      "COPY to-dir /b",
      "COPY real /link/",
      "COPY real/file /abs/inside",
      "COPY . /all/",
    ),
  },
  {
    name: "hard-links",
    context: { first: "same", second: { hardLink: "first" }, "dir/third": { hardLink: "first" } },
    dockerfile: lines("FROM busybox", "COPY . /h/", "RUN echo x > /r1 && ln /r1 /r2 && ln -s /r1 /r3"),
  },
  {
    name: "empty-directories",
    context: { "empty/": { dir: true }, "nested/deep/empty": { dir: true, mode: 0o700 }, file: "f" },
    dockerfile: lines("FROM scratch", "COPY . /e/", "COPY empty /made/", "COPY nested /"),
  },
  {
    name: "arg-scoping",
    buildArgs: { GIVEN: "given", VERSION: "9" },
    dockerfile: lines(
      "ARG VERSION=1",
      "ARG BASE=busybox",
      "FROM $BASE AS one",
      "ARG VERSION",
      "ARG GIVEN=default",
      "ARG LOCAL=local-$VERSION",
      "ENV FROM_ARG=$LOCAL",
      "RUN echo $VERSION $GIVEN $LOCAL $BASE > /one",
      "FROM one AS two",
      "ARG LOCAL=second",
      "RUN echo v=$VERSION g=$GIVEN l=$LOCAL > /two",
      "FROM busybox",
      "COPY --from=two /one /two /",
      "RUN echo [$VERSION] > /three",
    ),
  },
  {
    name: "stages-and-target",
    target: "wanted",
    dockerfile: lines(
      "FROM busybox AS never",
      "RUN exit 1",
      "FROM busybox AS build",
      "RUN mkdir /out && echo built > /out/x",
      "FROM scratch AS wanted",
      "COPY --from=build /out/ /",
      "LABEL stage=wanted",
      "FROM wanted",
      "RUN exit 1",
    ),
  },
  {
    name: "wildcards",
    context: {
      "a1.txt": "1",
      "a2.txt": "2",
      "b1.txt": "3",
      "d1/x": "x",
      "d1/y/z": "z",
      "d2/x2": "x2",
      "[odd]": "odd",
    },
    dockerfile: lines(
      "FROM scratch",
      "COPY a*.txt /a/",
      "COPY d? /d/",
      "COPY [a-b]1.txt /ab/",
      "COPY *.t?t d1/x /mixed/",
      "COPY [[]odd] /odd",
    ),
  },
  {
    name: "whiteouts",
    dockerfile: lines(
      "FROM busybox",
      "RUN mkdir -p /d/e && echo 1 > /d/e/f && echo 2 > /d/g && echo 3 > /keep",
      "RUN rm -r /d && mkdir /d && echo new > /d/new",
      "RUN rm /keep && mkdir /keep && touch /keep/now-a-dir",
      "RUN chmod 700 /d && chown 5:6 /d/new",
    ),
  },
  {
    name: "metadata",
    dockerfile: lines(
      "FROM busybox",
      "LABEL a=1 b.c='two words' \"quoted key\"=v",
      "LABEL a=2",
      "MAINTAINER Some One <one@example.com>",
      "EXPOSE 80 443/tcp 53/udp 9000-9002",
      'VOLUME /data ["/more"]',
      'VOLUME ["/v1", "/v2"]',
      "STOPSIGNAL SIGQUIT",
      "HEALTHCHECK --interval=5s --timeout=3s --start-period=1s --retries=2 CMD wget -q localhost || exit 1",
    ),
  },
  {
    name: "special-modes",
    context: {
      suid: { text: "s", mode: 0o4755 },
      sgid: { text: "g", mode: 0o2755 },
      "sticky/": { dir: true, mode: 0o1777 },
      none: { text: "n", mode: 0o000 },
    },
    dockerfile: lines(
      "FROM busybox",
      "COPY . /m/",
      "RUN mkdir -m 3777 /made && mknod /fifo p && touch /setuid && chown 9:9 /setuid && chmod 6711 /setuid",
    ),
  },
  {
    name: "run-forms",
    dockerfile: lines(
      "# escape=`",
      "FROM busybox",
      "RUN echo one `",
      "  # a comment inside",
      "  two > /continued",
      'RUN ["/bin/sh", "-c", "echo exec $0 > /exec"]',
      'RUN ["touch", "/a file with spaces"]',
      "RUN echo \"quotes 'inside'\" && echo 'and \"other\"' > /quotes",
      "RUN umask > /umask; ulimit -c > /dev/null; hostname > /dev/null; cat /proc/self/mountinfo > /dev/null",
    ),
  },
];
