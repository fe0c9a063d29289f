#!/bin/sh
# How often `gradmill bench gate` is right: check_gate.sh [PAIRS] [BUILD]. For each pair it runs the same `bench step`
# twice (nothing may be found) and once more with cblas_sgemm 5 % slower (that must be found).
set -eu
cd "$(dirname "$0")/.."
pairs=${1:-20}
build=${2:-build}
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
step() {
    "$build/src/cli/gradmill" bench step --net 784-512-10 --batch 64 --threads 1 --time 2s -o json 2>/dev/null >"$files/$1"
}
quiet=0
found=0
i=0
while [ "$i" -lt "$pairs" ]; do
    step a.json
    step b.json
    GM_SLOW_PERCENT=5.3 LD_PRELOAD="$PWD/$build/tests/libslow_gemm.so" step slow.json
    "$build/src/cli/gradmill" bench gate "$files/a.json" "$files/b.json" >/dev/null 2>&1 && quiet=$((quiet + 1))
    "$build/src/cli/gradmill" bench gate "$files/a.json" "$files/slow.json" >/dev/null 2>&1 || found=$((found + 1))
    i=$((i + 1))
done
echo "of $pairs pairs: nothing found between equal runs in $quiet, a planted 5 % found in $found"
