#!/bin/sh
# Builds the fuzz targets and runs each of them:
#   scripts/fuzz.sh [--minimise] SECONDS [TARGET...]
# Two targets run at a time. Each begins with the inputs of tests/corpus/TARGET and those that former runs have found. New
# inputs are kept in build-fuzz/corpus/TARGET; an input that breaks a rule, crashes, leaks or hangs is kept in
# build-fuzz/found and named at the end. With --minimise, those of build-fuzz/corpus that reach more code are then added
# to tests/corpus.
set -eu
cd "$(dirname "$0")/.."

minimise=
if [ "${1:-}" = --minimise ]; then
    minimise=yes
    shift
fi
case "${1:-}" in
'' | *[!0-9]*)
    echo "usage: scripts/fuzz.sh [--minimise] SECONDS [TARGET...]" >&2
    exit 2
    ;;
esac
seconds=$1
shift
[ $# -gt 0 ] || set -- checkpoint csv example folder gate gzip idx libsvm model npy npz sqlite survey

scripts/install.sh clang libclang-rt-14-dev meson ninja-build pkg-config libc6-dev libopenblas-dev libjansson-dev \
    zlib1g-dev libsqlite3-dev python3
if [ ! -f build-fuzz/build.ninja ]; then
    CC=${CC:-clang} meson setup build-fuzz -Dfuzzers=true -Disas=base -Dtests=false -Dbuildtype=debugoptimized \
        -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
fi
mkdir -p build-fuzz/found build-fuzz/log
ninja -C build-fuzz fuzzers >build-fuzz/log/build || {
    cat build-fuzz/log/build
    exit 1
}
for target in "$@"; do
    mkdir -p "build-fuzz/corpus/$target"
done

export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# shellcheck disable=SC2016 # the inner shell shall expand them
if printf '%s\n' "$@" | SECONDS_EACH=$seconds xargs -P 2 -I TARGET sh -c '
    build-fuzz/tests/fuzz/fuzz_TARGET -max_total_time="$SECONDS_EACH" -max_len=4096 -timeout=10 -rss_limit_mb=2048 \
        -malloc_limit_mb=256 -print_final_stats=1 -artifact_prefix=build-fuzz/found/TARGET- \
        build-fuzz/corpus/TARGET tests/corpus/TARGET >build-fuzz/log/TARGET 2>&1 || {
        echo "fuzz TARGET: failed"
        grep -E "does not hold|ERROR|SUMMARY|Test unit written" build-fuzz/log/TARGET
        exit 1
    }
    runs=$(sed -n "s/^stat::number_of_executed_units: *//p" build-fuzz/log/TARGET)
    echo "fuzz TARGET: $runs runs in $SECONDS_EACH s, nothing found"
'; then
    failed=0
else
    failed=1
fi

if [ -n "$minimise" ] && [ $failed -eq 0 ]; then
    for target in "$@"; do
        "build-fuzz/tests/fuzz/fuzz_$target" -merge=1 -max_len=4096 "tests/corpus/$target" "build-fuzz/corpus/$target" \
            >"build-fuzz/log/$target-merge" 2>&1
        echo "corpus $target: $(find "tests/corpus/$target" -type f | wc -l) files"
    done
fi
exit $failed
