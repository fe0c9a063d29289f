#!/bin/sh
# Checks that every C file is formatted as .clang-format says. It searches the disk for files and does not ask git,
# because a release archive has no git repository.
#   scripts/format.sh [FILE...]         checks, and fails if one is not
#   scripts/format.sh --fix [FILE...]   formats them
set -eu
cd "$(dirname "$0")/.."
mode='--dry-run -Werror'
case ${1:-} in
--fix)
    mode=-i
    shift
    ;;
-*)
    echo "usage: scripts/format.sh [--fix] [FILE...]" >&2
    exit 2
    ;;
esac
# shellcheck disable=SC2046 # file names of this tree have no blanks
[ $# -gt 0 ] || set -- $(find bench examples include scripts src tests -name '*.[ch]')
# shellcheck disable=SC2086 # one option or two
clang-format $mode "$@"
