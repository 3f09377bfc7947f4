#!/bin/sh
# Shows the whole of Slipway on a real image: build, run, fetch, logs, commit, rebuild. Every command is printed before it runs, and its
# time afterwards. Works on a state root of its own, which keeps the build cache for the next time; containers and tags are removed.
set -eu
cd "$(dirname "$0")/.."
ROOT=${SLIPWAY_DEMO_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway/demo}
NAME=slipway-demo-$$
# The commands are for the engine of this checkout, whatever docker talks to.
unset DOCKER_HOST

say() { printf '\n── %s\n' "$*"; }
now() { date +%s%N; }
# Prints a command as one would type it, runs it, prints its time.
show() {
  printf '\n$ slipway'
  for word; do
    case $word in
      *[!A-Za-z0-9_./:=,-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  echo
  started=$(now)
  bin/slipway --root "$ROOT" "$@"
  took $(($(now) - started))
}
took() { awk -v ns="$1" 'BEGIN { printf "   (%.2f s)\n", ns / 1e9 }'; }
slipway() { bin/slipway --root "$ROOT" "$@"; }

clean_up() {
  status=$?
  trap - EXIT INT TERM
  slipway rm --force "$NAME" >/dev/null 2>&1 || true
  slipway rmi demo/web:1 demo/web:2 >/dev/null 2>&1 || true
  [ "$status" = 0 ] || printf '\ndemo: failed with exit status %s\n' "$status" >&2
  exit "$status"
}

began=$(now)
sh scripts/setup.sh
say 'Base images, made from Debian packages'
started=$(now)
node --import tsx fixtures/base-images.ts --import "$ROOT"
took $(($(now) - started))

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say 'Build a web server image'
show build --tag demo/web:1 fixtures/web

say 'Run it in the background with a published port'
show run --detach --name "$NAME" --publish 127.0.0.1::80 demo/web:1 \
  sh -c 'ln -sf /dev/stdout /var/log/nginx/access.log && exec nginx -g "daemon off;"'
address=$(slipway port "$NAME" 80/tcp | head -n 1)

say 'Fetch its page'
printf '\n$ curl http://%s/\n' "$address"
started=$(now)
curl --silent --show-error --fail --retry 20 --retry-delay 1 --retry-connrefused --max-time 30 "http://$address/"
took $(($(now) - started))

say 'Look at its log'
show logs "$NAME"

say 'Change a file inside and commit the change as a new tag'
show exec "$NAME" sh -c 'echo "Hello from a committed change" > /usr/share/nginx/html/index.html'
show diff "$NAME"
show commit --message 'another page' "$NAME" demo/web:2
show images demo/web
show run --rm demo/web:2 cat /usr/share/nginx/html/index.html

say 'Build the first image again: everything comes from the cache'
started=$(now)
show build --tag demo/web:1 fixtures/web
rebuilt=$(($(now) - started))

say 'Done'
printf 'the cached rebuild took'
took "$rebuilt"
printf 'the demo took'
took $(($(now) - began))
echo "the build cache stays in $ROOT for the next time; the containers and tags are removed"
