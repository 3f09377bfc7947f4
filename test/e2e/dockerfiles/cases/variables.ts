import { BASE, type Case } from "../case.ts";

/** ARG, ENV and what expands them. */
export const VARIABLES: readonly Case[] = [
  {
    name: "operators",
    dockerfile: `FROM ${BASE}
ENV V=path/to/file.tar.gz EMPTY=
ENV A=\${V#*/} B=\${V##*/} C=\${V%.*} D=\${V%%.*} E=\${V/t/T} F=\${V//t/T}
ENV G=\${EMPTY:-default} H=\${EMPTY-kept} I=\${EMPTY:+no} J=\${EMPTY+yes} K=\${UNSET-unset} L=\${UNSET+no}
ENV M=\${UNSET:-\${V%%/*}} N="\${V:?must be set}" O=\${V/%f/x} P=\${V//[a]/b}
ENV Q=\${V//a?h/} R="\${V/\\//-}" S=\${UNSET:-"quoted value"} T=\${UNSET:-'single $V'}`,
  },
  {
    name: "quoting",
    dockerfile: `FROM ${BASE}
ENV X=x
ENV A="double $X \\"in\\" \\$X" B='single $X "in"' C=bare\\ space D=mi"x"'e'd\\$X
ENV E=$X$X F=\${X}y G=$Xy H=$ I="$" J=\\\\ K="a\\tb" L='a\\b'
ENV M="" N='' O=a=b=c P="multi \\
line"
LABEL "key $X"="value $X" 'k'=\${X:-n} plain=$X
ENV LEGACY  two  spaces "kept" $X`,
  },
  {
    name: "one-instruction",
    dockerfile: `FROM ${BASE}
ENV A=old
ENV A=new B=$A
ARG ONE=1 TWO=\${ONE}2 THREE
ARG A=arg
RUN echo "$A $B $ONE $TWO [$THREE]" > /out`,
  },
  {
    name: "platform-arguments",
    dockerfile: `ARG TARGETPLATFORM
FROM --platform=$BUILDPLATFORM ${BASE} AS first
ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETVARIANT
ARG BUILDPLATFORM BUILDOS BUILDARCH BUILDVARIANT
RUN echo "$TARGETPLATFORM $TARGETOS $TARGETARCH [$TARGETVARIANT] $BUILDPLATFORM $BUILDOS $BUILDARCH [$BUILDVARIANT]" > /platforms
ARG TARGETSTAGE
RUN echo "$TARGETSTAGE" > /stage
FROM --platform=linux/amd64 ${BASE}
COPY --from=first /platforms /stage /
RUN echo "[$TARGETARCH]" > /undeclared`,
    flags: ["--platform", "linux/amd64"],
  },
  {
    name: "global-arguments",
    dockerfile: `ARG NAME=dockerfiles-base
ARG TAG
ARG FULL=\${NAME}:\${TAG:-1}
FROM $FULL AS plain
ARG FULL
ARG NAME=own
RUN echo "$FULL $NAME [$TAG]" > /out
ARG TAG
RUN echo "[$TAG]" >> /out`,
    flags: ["--build-arg", "TAG=1"],
  },
  {
    name: "arguments-in-children",
    dockerfile: `FROM ${BASE} AS parent
ARG A=a
ENV B=\${A}b
FROM parent AS child
RUN echo "$A $B" > /inherited
ARG A=again
RUN echo "$A $B" > /declared
ENV A=env
FROM child
RUN echo "$A $B" > /env`,
    flags: ["--build-arg", "NOT_DECLARED=x"],
  },
  {
    name: "expanded-instructions",
    dockerfile: `FROM ${BASE}
ARG PORT=8080 USR=12 DIR=work SIG=SIGUSR1 VOL="/v1 /v2" RANGE=801-803
EXPOSE $PORT \${PORT}/udp $RANGE
USER $USR:\${USR}3
WORKDIR /$DIR/\${USR}
VOLUME $VOL /v-$DIR
STOPSIGNAL $SIG
LABEL $DIR=$PORT
CMD ["$DIR", "\${PORT}"]
ENTRYPOINT echo $DIR`,
  },
];
