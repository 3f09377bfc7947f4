import { generateKeyPairSync } from "node:crypto";
import { BASE, type Case } from "../case.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const KEY = privateKey.export({ type: "sec1", format: "pem" });

/** What can be said of a RUN beside its command. */
export const RUN_OPTIONS: readonly Case[] = [
  {
    name: "mount-bind",
    dockerfile: `FROM ${BASE}
WORKDIR /w
RUN --mount=type=bind,target=/ctx find /ctx -type f | sort > /seen; touch /ctx/no 2>/dev/null || echo read-only > /denied
RUN --mount=target=rel,source=dir,rw cat rel/in > /in; echo more > rel/new && cat rel/new > /new
RUN --mount=source=f,target=/made/for/it cat /made/for/it > /one-file`,
    files: { f: "file", "dir/in": "in", skipped: "no", ".dockerignore": "skipped\n" },
  },
  {
    name: "mount-bind-from",
    dockerfile: `FROM ${BASE} AS made
RUN mkdir -p /o/p && echo made > /o/p/q
FROM ${BASE}
RUN --mount=from=made,source=/o,target=/o cp -r /o /copied
RUN --mount=type=bind,from=${BASE},source=/bin/busybox,target=/t/bb test -x /t/bb && echo yes > /yes`,
  },
  {
    name: "mount-cache",
    dockerfile: `FROM ${BASE} AS seed
RUN mkdir /s && echo seeded > /s/f
FROM ${BASE}
RUN --mount=type=cache,id=slipway-owned,target=/c,mode=0750,uid=5,gid=6 stat -c '%a %u %g' /c > /owner; echo kept > /c/f
RUN --mount=type=cache,id=slipway-owned,target=/d,mode=0750,uid=5,gid=6,sharing=locked cat /d/f > /kept
RUN --mount=type=cache,id=slipway-seeded,target=/c,from=seed,source=/s cat /c/f > /seeded
RUN --mount=type=cache,target=/var/cache/slipway-test,ro touch /var/cache/slipway-test/x 2>/dev/null || echo read-only > /ro
RUN --mount=type=cache,target=/p,sharing=private touch /p/x`,
  },
  {
    name: "mount-tmpfs",
    dockerfile: `FROM ${BASE}
RUN mkdir /t && echo hidden > /t/f
RUN --mount=type=tmpfs,target=/t,size=1m ls -A /t > /empty; df -k /t | tail -1 | awk '{print $2}' > /size; echo gone > /t/g`,
  },
  {
    name: "mount-secret",
    dockerfile: `FROM ${BASE}
RUN --mount=type=secret,id=file cat /run/secrets/file > /default
RUN --mount=type=secret,id=file,target=/etc/s/x,mode=0444,uid=7,gid=8 stat -c '%a %u %g' /etc/s/x > /owner
RUN --mount=type=secret,id=var,env=VALUE echo "$VALUE" > /value
RUN --mount=type=secret,id=file,env=BOTH,target=/both cat /both > /from-file; echo "$BOTH" > /from-env
RUN --mount=type=secret,id=absent test ! -e /run/secrets/absent && echo absent > /absent`,
    files: { secret: "told", ".dockerignore": "secret\n" },
    flags: ["--secret", "id=file,src={context}/secret", "--secret", "id=var,env=DOCKERFILES_SECRET"],
  },
  {
    name: "mount-ssh",
    dockerfile: `FROM ${BASE}
RUN --mount=type=ssh,target=/agent,mode=0660,uid=3,gid=4 test -S /agent && stat -c '%a %u %g' /agent > /owner; echo "$SSH_AUTH_SOCK" > /variable
RUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo "$SSH_AUTH_SOCK" > /default
RUN --mount=type=ssh,id=absent,required=false echo "[$SSH_AUTH_SOCK]" > /none`,
    flags: ["--ssh", "default={context}/key"],
    files: { key: KEY, ".dockerignore": "key\n" },
  },
  {
    name: "network",
    dockerfile: `FROM ${BASE}
RUN --network=none ip -o link show up | grep -c . > /none
RUN --network=default test -e /sys/class/net/lo && echo default > /default
RUN --network=host test -e /sys/class/net/lo && echo host > /host`,
    flags: ["--allow", "network.host"],
  },
  {
    name: "hosts-and-name",
    dockerfile: `FROM ${BASE}
RUN grep 'some.host\\|other' /etc/hosts | tr '\\t' ' ' > /hosts; hostname > /name`,
    flags: [
      "--add-host",
      "some.host:192.0.2.1",
      "--add-host",
      "other:2001:db8::1",
      "--build-arg",
      "BUILDKIT_SANDBOX_HOSTNAME=sandbox",
    ],
  },
  {
    name: "run-forms",
    dockerfile: `FROM ${BASE}
ENV X=expanded
RUN ["sh", "-c", "echo $X > /exec"]
RUN ["touch", "/$X not", "/two words"]
RUN echo a && \\
    # between
    echo b > /continued \\
 && echo "$X" '$X' \\$X > /quotes
RUN [ -e /bin/sh ] && echo not json > /not-json
RUN echo "\\$\${X}" > /escaped`,
  },
  {
    name: "run-shells",
    dockerfile: `FROM ${BASE}
SHELL ["/bin/busybox", "ash", "-euc"]
RUN echo "$0 $-" > /flags
RUN <<EOF
echo "script $0" > /script
EOF
SHELL ["/bin/echo"]
RUN --network=none only said
SHELL ["/bin/sh", "-c"]
RUN echo back > /back`,
  },
  {
    name: "run-heredocs",
    dockerfile: `FROM ${BASE}
ARG WHO=me
RUN 3<<EOF cat <&3 > /three
\${WHO} there
EOF
RUN <<ONE cat > /one && cat <<TWO > /two
first $WHO
ONE
second
TWO
RUN <<-EOF
	echo tabs > /tabs
	if true; then
		echo nested >> /tabs
	fi
EOF
RUN <<'EOF'
echo "$WHO" > /quoted
EOF
RUN <<EOF
#!/usr/bin/env sh
echo "$0" | sed 's/[0-9]*$//' > /script-name
EOF
RUN cat <<"QUOTED" | tr a-z A-Z > /upper
loud $WHO
QUOTED
RUN echo '<<EOF' "<<EOF" > /no-heredoc`,
  },
  {
    name: "run-proxies",
    dockerfile: `FROM ${BASE}
RUN env | grep -i _proxy | sort > /proxies
ARG HTTP_PROXY
RUN echo "$HTTP_PROXY" > /declared`,
    flags: ["--build-arg", "HTTP_PROXY=http://proxy.test:1", "--build-arg", "no_proxy=x.test"],
  },
  {
    name: "run-nothing",
    dockerfile: `FROM ${BASE}
RUN true
RUN touch -d '2000-01-02 03:04:05' /old && mkdir /dir && touch -d '2000-01-02 03:04:05' /dir
RUN chmod 700 /dir && chown 9:9 /old
RUN mknod /null c 1 3 && mkfifo /fifo`,
  },
  {
    name: "run-as-user",
    dockerfile: `FROM ${BASE}
RUN echo 'one:x:77:77::/home/one:/bin/sh' >> /etc/passwd && printf 'one:x:77:\\ntwo:x:88:one\\n' >> /etc/group && mkdir -p /home/one && chown 77:77 /home/one
USER one
RUN id > /home/one/id && umask > /home/one/umask && env | grep -e HOME -e USER | sort > /home/one/env
USER one:two
RUN id -g > /home/one/group
USER :two
USER 12345
RUN id > /tmp/unknown && echo $HOME >> /tmp/unknown`,
  },
];
