#!/bin/sh
# The first of the two commands: installs what is missing, builds a release, trains on Fashion-MNIST, evaluates on
# its test images, and compares naive loops with BLAS.
set -eu
cd "$(dirname "$0")/.."

scripts/install.sh gcc meson ninja-build pkg-config libc6-dev libopenblas-dev libjansson-dev zlib1g-dev

data=/usr/share/datasets/fashion-mnist
if ! scripts/install.sh dataset-fashion-mnist || [ ! -d "$data" ]; then
    data=data/digits
    echo "Fashion-MNIST (Debian package dataset-fashion-mnist) cannot be had here:"
    echo "falling back to $data, 1,797 handwritten digits that come with gradmill"
fi

# libcriterion-dev is for the tests only; scripts/test.sh installs it.
[ -f build-release/build.ninja ] || meson setup build-release -Dtests=false >/dev/null
ninja -C build-release -v >build-release/build.log 2>&1 || { cat build-release/build.log; exit 1; }
gradmill=build-release/src/cli/gradmill

# OpenBLAS chooses slow kernels for CPUs that it does not know. doctor prints the setting that mends it.
advice=$($gradmill doctor --quick | sed -n 's/^ *export \(OPENBLAS_CORETYPE=.*\)/\1/p')
if [ -n "$advice" ]; then
    echo "gradmill doctor advises: export $advice"
    export "${advice?}"
fi

echo
echo "== gradmill train --data $data --save model.safetensors"
$gradmill train --data "$data" --save model.safetensors
echo
echo "== gradmill eval --model model.safetensors --data $data      (the test images)"
$gradmill eval --model model.safetensors --data "$data"
echo
echo "== gradmill bench"
$gradmill bench
