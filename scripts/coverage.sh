#!/bin/sh
# Shows which lines of src and bench the tests reach. Builds with gcov in build-coverage, runs all tests, and prints the files
# below the bound for a file, the lines there that no test reaches, and the total. Child processes of the tests are
# counted, too, even if they end by _exit or by a signal that they raise. Takes 20 minutes.
#   scripts/coverage.sh [--lines PERCENT] [--file PERCENT] [SUITE...]       default: 97, 90, all suites
# Exit code: 8 if the total or a file is below its bound, 1 if a test failed.
set -eu
cd "$(dirname "$0")/.."
lines=97
file=90
usage() {
    echo "usage: scripts/coverage.sh [--lines PERCENT] [--file PERCENT] [SUITE...]" >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
    --lines | --file)
        [ $# -gt 1 ] || usage
        expr "$2" : '[0-9][0-9.]*$' >/dev/null || usage
        if [ "$1" = --lines ]; then lines=$2; else file=$2; fi
        shift 2
        ;;
    -*) usage ;;
    *) break ;;
    esac
done
scripts/install.sh gcc meson ninja-build pkg-config libc6-dev libopenblas-dev libjansson-dev zlib1g-dev libsqlite3-dev libcriterion-dev \
    python3 python3-numpy gcovr

build="build-coverage"
mkdir -p $build
gcc -D_GNU_SOURCE -c -fPIC -O1 tests/coverage_exits.c -o $build/exits.o
# Threads update the same counters, so the updates are atomic. Inlined functions would have their lines counted in callers.
[ -f $build/build.ninja ] || meson setup $build -Db_coverage=true -Dbuildtype=debug -Doptimization=1 \
    -Dc_args='-fprofile-update=atomic -fno-inline' \
    -Dc_link_args="--coverage -Wl,--wrap=_exit,--wrap=raise $PWD/$build/exits.o" >/dev/null
ninja -C $build
find $build -name '*.gcda' -delete
# Data of a source file that was moved or removed would count as a file that no test reaches.
ninja -C $build -t cleandead >/dev/null
find $build -name '*.gcno' | while read -r lines_of; do
    [ -f "${lines_of%.gcno}.o" ] || rm "$lines_of"
done
failed=0
# Counting makes the tests slow.
export GM_TEST_PATIENCE=5
# One test runs the command as a user who may not write the counters. gcc complains on stderr then, which is no line of the
# command's.
export GCOV_ERROR_FILE=/dev/null
meson test -C $build --no-rebuild --print-errorlogs --timeout-multiplier 4 "$@" || failed=1

# gcov writes a negative number for a branch now and then, which gcovr would end with.
gcovr --gcov-ignore-parse-errors --root . --filter src/ --filter bench/ $build --txt $build/coverage.txt --csv $build/coverage.csv
echo
echo "files below $file % of lines ($build/coverage.txt has all), and the lines that no test reaches:"
awk -v bound="$file" '$4 ~ /%$/ && $1 != "TOTAL" && $4 + 0 < bound' $build/coverage.txt
awk -F, -v lines="$lines" -v file="$file" '
    NR > 1 && $2 > 0 { all += $2; reached += $3; files++; if (100 * $3 / $2 < file) low++ }
    END {
        percent = all ? 100 * reached / all : 0
        printf "%.2f %% of %d lines in %d files (bound %s %%); files below %s %%: %d\n", \
            percent, all, files, lines, file, low
        exit percent < lines || low ? 8 : 0
    }' $build/coverage.csv || exit 8
exit $failed
