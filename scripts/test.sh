#!/bin/sh
# The second of the two commands: installs what is missing, builds, runs all tests: a release build, a build under
# AddressSanitizer and UndefinedBehaviorSanitizer, the tests of threads under ThreadSanitizer, a clang build, each
# fuzzer for 10 s; warnings are errors. Ends with one line `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."

scripts/install.sh gcc g++ clang meson ninja-build pkg-config libc6-dev libopenblas-dev libjansson-dev zlib1g-dev \
    libcriterion-dev clang-format cppcheck man-db python3 python3-numpy
# Wanted by a few tests, which say so and skip where it cannot be had.
scripts/install.sh dataset-fashion-mnist || true
scripts/install.sh python3-torch || true
scripts/install.sh jq python3-pandas || true
scripts/install.sh chromium chromium-driver || true
scripts/install.sh libomp-dev || true
scripts/install.sh libgfortran-12-dev || true

passed=0
failed=0
# check NAME COMMAND...: one test that is a command; what it prints is shown if it fails.
check() {
    name=$1
    shift
    if "$@" >check.log 2>&1; then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        echo "FAIL $name"
        cat check.log
        failed=$((failed + 1))
    fi
    rm -f check.log
}

# configure DIRECTORY COMPILER OPTION...: with warnings as errors.
configure() {
    directory=$1
    compiler=$2
    shift 2
    [ -f "$directory/build.ninja" ] || CC=$compiler meson setup -Dwerror=true "$directory" "$@" >/dev/null
}

# build DIRECTORY COMPILER OPTION...: configures and compiles.
build() {
    configure "$@" && ninja -C "$1"
}

# A sanitizer's report needs the numbers of lines and nothing else of what -g keeps; and with -O2 gcc takes twice as long
# as with -O1 for the checks that it inserts.
lean='-Doptimization=1 -Dc_args=-g1'

# The tests of threads alone: nothing else would be seen by ThreadSanitizer that the other builds do not show.
build_for_threads() {
    # shellcheck disable=SC2086 # options
    configure build-tsan gcc -Dwerror=false -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false \
        $lean -Dteam=portable -Disas=base && ninja -C build-tsan tests/test_threads
}

check 'format' scripts/format.sh
check 'cppcheck' scripts/cppcheck.sh
check 'build with gcc, release' build build-test gcc
# What the sanitizers insert makes gcc warn of null pointers that cannot be; both other builds have warnings as errors.
# shellcheck disable=SC2086
check 'build with gcc, sanitizers' build build-sanitize gcc -Dwerror=false -Dbuildtype=debugoptimized $lean \
    -Db_sanitize=address,undefined -Db_lundef=false
check 'build with clang' build build-clang clang
check 'build of the tests of threads with ThreadSanitizer' build_for_threads
check 'fuzz targets, 10 s each' scripts/fuzz.sh 10

echo 'running the tests of the release build'
meson test -C build-test --no-rebuild --print-errorlogs || true
echo 'running the tests of the sanitizer build'
meson test -C build-sanitize --no-rebuild --print-errorlogs || true
echo 'running the tests of threads under ThreadSanitizer'
meson test -C build-tsan --no-rebuild --print-errorlogs --suite threads || true

scripts/count_tests.py $passed $failed build-test/meson-logs/testlog.junit.xml \
    build-sanitize/meson-logs/testlog.junit.xml build-tsan/meson-logs/testlog.junit.xml
