#!/bin/sh
# Builds gradmill for arm64 on a Debian machine of another kind and, where qemu-user is installed, runs it: the
# worked example must give the numbers of the text, and a small training must learn.
#   scripts/arm64.sh [BUILD-DIRECTORY]        default: build-arm64
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-arm64}

fail() {
    echo "arm64.sh: $*" >&2
    exit 1
}

add_architecture() {
    if [ "$(id -u)" -eq 0 ]; then dpkg --add-architecture arm64; else sudo dpkg --add-architecture arm64; fi
}

# The loss that Mazur's numbers give after one step with the biases frozen.
check_explain() {
    qemu-aarch64 "$gradmill" explain data/mazur.json >"$scratch/explain"
    grep -q '^LOSS after  *1 step  *0\.2910277' "$scratch/explain" ||
        fail "explain: expected the loss 0.2910277 after one step"
    echo "explain data/mazur.json: the loss after one step is 0.2910277, as it should be"
}

check_training() {
    qemu-aarch64 "$gradmill" train --data data/iris.csv --layers 4,16,3 --save "$scratch/model" --quiet
    qemu-aarch64 "$gradmill" eval --model "$scratch/model" --data data/iris.csv | tee "$scratch/eval"
    awk '$1 == "accuracy" && $2 >= 95 { learned = 1 } END { exit !learned }' "$scratch/eval" ||
        fail "train: expected an accuracy of at least 95 %"
}

# The libraries of both architectures can be installed side by side (Multi-Arch: same).
dpkg --print-foreign-architectures | grep -qx arm64 || add_architecture
scripts/install.sh meson ninja-build pkg-config gcc-aarch64-linux-gnu libc6-dev-arm64-cross \
    libopenblas-dev:arm64 libjansson-dev:arm64 zlib1g-dev:arm64
[ -f "$build/build.ninja" ] || meson setup "$build" --cross-file cross/arm64.ini -Dtests=false
ninja -C "$build"
gradmill=$build/src/cli/gradmill
if ! command -v qemu-aarch64 >/dev/null; then
    echo "arm64.sh: built $gradmill; not run, because qemu-aarch64 (package qemu-user) is not installed"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
qemu-aarch64 "$gradmill" doctor --quick
check_explain
check_training
