#!/bin/sh
# Runs cppcheck on the whole tree, or on the given C files; on template files twice, as f32 and as f64.
#   scripts/cppcheck.sh [FILE...]
set -eu
cd "$(dirname "$0")/.."
run() {
    cppcheck --quiet -j "$(nproc)" --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
        --suppress=missingIncludeSystem --include=scripts/cppcheck.h -D__GNUC__=12 -D__x86_64__ -D_GNU_SOURCE -Iinclude -Isrc -I. "$@"
}
# A check that finds nothing may be one that does not work. So it must find this planted error first.
planted=$(mktemp --suffix=.c)
trap 'rm -f "$planted"' EXIT
echo 'int f(void) { int a[2]; a[2] = 1; return a[2]; }' >"$planted"
if run "$planted" 2>/dev/null; then
    echo 'cppcheck.sh: cppcheck does not see a planted error' >&2
    exit 1
fi
# shellcheck disable=SC2046 # file names of this tree have no blanks
[ $# -gt 0 ] || set -- $(find src bench examples -name '*.c')
plain=
templates=
for file in "$@"; do
    case $file in
    *_tmpl.c) templates="$templates $file" ;;
    *) plain="$plain $file" ;;
    esac
done
# shellcheck disable=SC2086 # lists of names
[ -z "$plain" ] || run $plain
for bits in 32 64; do
    # shellcheck disable=SC2086
    [ -z "$templates" ] || run -DGM_REAL_BITS=$bits $templates
done
