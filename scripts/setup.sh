#!/bin/sh
# Makes a checkout ready to build, test and run: system packages, node_modules, the native core, the bundle.
# Every step looks first and does nothing when its work is done, so running it again costs well under a second.
#
#   sh scripts/setup.sh [FILE ARGUMENT...]     runs that file of TypeScript beside the compilations
set -eu
cd "$(dirname "$0")/.."

# Package, and what it is for. One line each; the names are Debian's and Ubuntu's.
PACKAGES='
g++               compiles the native core
make              drives the compilation
python3           runs node-gyp
pkg-config        finds the libraries below
libseccomp-dev    compiles seccomp profiles
libzstd-dev       zstd layers
libisal-dev       gzip layers
zlib1g-dev        gzip logs
liblzma-dev       ADD of .xz archives
libbz2-dev        ADD of .bz2 archives
libssl-dev        SHA-256 of layers
nftables          NAT and published ports
iproute2          tests look at links and addresses
procps            ps, for "slipway top"
mmdebstrap        makes the base image debian:bookworm
ca-certificates   HTTPS
curl              the demo fetches a page
xz-utils          tests make .xz archives
zstd              tests make .zst archives
bzip2             tests make .bz2 archives
attr              tests set extended attributes
clang-format      "npm run check" compares the C++ with it
'

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
names() { printf '%s\n' "$PACKAGES" | awk 'NF { print $1 }'; }

missing_packages() {
  names | xargs dpkg-query -W -f '${Package} ${db:Status-Status}\n' 2>/dev/null |
    awk '$2 == "installed" { print $1 }' >"$scratch/installed"
  names | grep -vxF -f "$scratch/installed" || true
}

install_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
    check_tools
    return
  fi
  missing=$(missing_packages)
  [ -n "$missing" ] || return 0
  say 'installing system packages:'
  printf '%s\n' "$PACKAGES" | awk -v want="$(echo $missing)" '
    BEGIN { n = split(want, list, " "); for (i = 1; i <= n; i++) missing[list[i]] = 1 }
    $1 in missing { print "  " $0 }'
  # The lists may be old or absent, so a first failure refreshes them. $missing is a list of words.
  # shellcheck disable=SC2086
  apt install $missing || { apt update && apt install $missing; } || {
    tail -n 20 "$scratch/apt.log" >&2
    fail "could not install $(echo $missing): are the package servers reachable?"
  }
}

# Neither Debian nor Ubuntu: the packages have other names there, so the tools themselves are looked for.
check_tools() {
  for tool in g++ make python3 pkg-config nft ip ps mmdebstrap curl; do
    command -v "$tool" >/dev/null 2>&1 && continue
    say 'this is neither Debian nor Ubuntu; install what these packages hold there:' >&2
    printf '%s\n' "$PACKAGES" >&2
    fail "$tool is missing"
  done
}

apt() { # update | install PACKAGE...
  verb=$1
  shift
  sudo=
  if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || fail "run this as root: apt-get update && apt-get install -y $(echo $missing)"
    sudo='sudo -n'
  fi
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$verb" "$@" >"$scratch/apt.log" 2>&1 </dev/null
}

check_node() {
  command -v node >/dev/null 2>&1 || fail 'Node.js 20.19 or later is missing: https://nodejs.org/en/download'
  node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);
  ' || fail "Node.js $(node --version) is too old: 20.19 or later is needed"
}

scratch=$(mktemp -d)
trap 'wait; rm -rf "$scratch"' EXIT
check_node
# It compiles nothing, so the system's packages can come meanwhile.
node scripts/install-modules.js &
modules=$!
install_packages
wait "$modules"
# Two compilations that hardly use more than one processor each.
node scripts/build-sqlite.js &
sqlite=$!
beside=
[ $# = 0 ] || { node --import tsx "$@" & beside=$!; }
node scripts/build-native.js
wait "$sqlite"
[ -z "$beside" ] || wait "$beside"
node scripts/build-bundle.js
