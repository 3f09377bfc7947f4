#!/bin/sh
# Sets the checkout up, makes the base images the tests build on, and runs mocha: on the files named, or on all, one at a time on each processor.
# The last line is "N passed, N failed, N skipped".
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh fixtures/base-images.ts
[ $# -gt 0 ] || set -- --parallel --jobs "$(getconf _NPROCESSORS_ONLN)" 'test/**/*.test.ts'
exec node_modules/.bin/mocha "$@"
