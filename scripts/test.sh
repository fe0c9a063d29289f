#!/bin/sh
# The second of the two commands: installs what is missing, builds, runs all tests: a release build, a build under
# AddressSanitizer and UndefinedBehaviorSanitizer, the tests of threads under ThreadSanitizer, a clang build with the
# tests of its arithmetic and its library, each fuzzer for 10 s; warnings are errors. Ends with one line `N passed, N failed`.
set -eu
cd "$(dirname "$0")/.."

scripts/install.sh gcc g++ clang meson ninja-build pkg-config libc6-dev libopenblas-dev libjansson-dev zlib1g-dev libsqlite3-dev \
    libcriterion-dev clang-format cppcheck man-db python3 python3-numpy
# A few tests need these packages. If a package cannot be installed, the tests are skipped and say why.
scripts/install.sh dataset-fashion-mnist || true
scripts/install.sh python3-torch || true
scripts/install.sh jq python3-pandas || true
scripts/install.sh chromium chromium-driver || true
scripts/install.sh libomp-dev || true
scripts/install.sh libgfortran-12-dev || true

passed=0
failed=0
# check NAME COMMAND...: counts a command as one test, and shows what it prints only if it fails.
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

# configure DIRECTORY COMPILER OPTION...: makes a build directory in which warnings are errors.
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

# For the report of a sanitizer, line numbers (-g1) are enough. And gcc takes twice as long with -O2 as with -O1 to compile
# the checks that sanitizers insert.
lean='-Doptimization=1 -Dc_args=-g1'

# Only the tests of threads: in other tests ThreadSanitizer could find nothing that the other builds do not find.
build_for_threads() {
    # shellcheck disable=SC2086 # options
    configure build-tsan gcc -Dwerror=false -Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false \
        $lean -Dteam=portable -Disas=base && ninja -C build-tsan tests/test_threads
}

check 'format' scripts/format.sh
check 'cppcheck' scripts/cppcheck.sh
check 'build with gcc, release' build build-test gcc
# No -Werror here: with the inserted checks, gcc warns of null pointers that cannot occur. Both other builds have it.
# shellcheck disable=SC2086
check 'build with gcc, sanitizers' build build-sanitize gcc -Dwerror=false -Dbuildtype=debugoptimized $lean \
    -Db_sanitize=address,undefined -Db_lundef=false
# Its kernels are compiled with -O3 in any case; for the rest, clang has the same warnings with -O1.
check 'build with clang' build build-clang clang -Doptimization=1
check 'build of the tests of threads with ThreadSanitizer' build_for_threads
check 'fuzz targets, 10 s each' scripts/fuzz.sh 10

echo 'running the tests of the release build'
meson test -C build-test --no-rebuild --print-errorlogs || true
echo 'running the tests of the sanitizer build'
meson test -C build-sanitize --no-rebuild --print-errorlogs || true
echo 'running the tests of what clang may compile otherwise: arithmetic, and the names that the library exports'
meson test -C build-clang --no-rebuild --print-errorlogs nn kernels_f32 train torch command_install || true
echo 'running the tests of threads under ThreadSanitizer'
meson test -C build-tsan --no-rebuild --print-errorlogs --suite threads || true

scripts/count_tests.py $passed $failed build-test/meson-logs/testlog.junit.xml \
    build-sanitize/meson-logs/testlog.junit.xml build-clang/meson-logs/testlog.junit.xml \
    build-tsan/meson-logs/testlog.junit.xml
