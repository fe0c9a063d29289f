#!/bin/sh
# Whether every C file that git knows is formatted as .clang-format says.
#   scripts/format.sh          checks, and fails if one is not
#   scripts/format.sh --fix    formats them
set -eu
cd "$(dirname "$0")/.."
case "$#:${1:-}" in
0:) set -- --dry-run -Werror ;;
1:--fix) set -- -i ;;
*)
    echo "usage: scripts/format.sh [--fix]" >&2
    exit 2
    ;;
esac
git ls-files -z '*.c' '*.h' | xargs -0 clang-format "$@"
