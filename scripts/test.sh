#!/bin/sh
# Sets the checkout up, makes the base images the tests build on, and runs mocha, on the files named if any.
# The last line is "N passed, N failed, N skipped".
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh
node --import tsx fixtures/base-images.ts
[ $# -gt 0 ] || set -- 'test/**/*.test.ts'
exec node_modules/.bin/mocha "$@"
