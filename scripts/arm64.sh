#!/bin/sh
# Builds gradmill for arm64 on a Debian machine of another kind and, where qemu-user is installed, runs it: the
# worked example must give the numbers of the text, and a small training must learn.
#   scripts/arm64.sh [BUILD-DIRECTORY]        default: build-arm64
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-arm64}
compiler=gcc-aarch64-linux-gnu
libraries='libopenblas-dev:arm64 libjansson-dev:arm64 zlib1g-dev:arm64'

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
    for package; do
        dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || return 1
    done
}

# --no-remove: the libraries of this machine's own kind stay beside those for arm64 (Multi-Arch: same), though apt
# may have to bring both to the same version.
install_packages() {
    as_root dpkg --add-architecture arm64
    as_root apt-get update
    as_root apt-get install --yes --no-remove --no-install-recommends "$compiler" libc6-dev-arm64-cross $libraries
}

fail() {
    echo "arm64.sh: $*" >&2
    exit 1
}

# The loss that Mazur's text and PyTorch agree on, after one step with its biases frozen.
check_explain() {
    qemu-aarch64 "$gradmill" explain data/mazur.json >"$scratch/explain"
    grep -q '^LOSS after  *1 step  *0\.2910277' "$scratch/explain" || fail "explain: expected the loss 0.2910277 after one step"
    echo "explain data/mazur.json: the loss after one step is 0.2910277, as it should be"
}

check_training() {
    qemu-aarch64 "$gradmill" train --data data/iris.csv --layers 4,16,3 --save "$scratch/model" --quiet
    qemu-aarch64 "$gradmill" eval --model "$scratch/model" --data data/iris.csv | tee "$scratch/eval"
    awk '$1 == "accuracy" && $2 >= 95 { learned = 1 } END { exit !learned }' "$scratch/eval" ||
        fail "train: expected an accuracy of at least 95 %"
}

installed "$compiler" $libraries || install_packages
[ -e "$build/build.ninja" ] || meson setup "$build" --cross-file cross/arm64.ini -Dtests=false
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
