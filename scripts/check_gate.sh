#!/bin/sh
# Counts how often `gradmill bench gate` is right: check_gate.sh [PAIRS] [BUILD]. For each pair it compares a program with
# itself (no change may be found), and then with one whose cblas_sgemm is 5 % slower (this must be found).
set -eu
cd "$(dirname "$0")/.."
pairs=${1:-20}
build=${2:-build}
files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT
program=$PWD/$build/src/cli/gradmill
# gradmill does not recognise OpenBLAS behind the slower cblas_sgemm, and so would not set it to one thread.
cat >"$files/slow" <<END
#!/bin/sh
OPENBLAS_NUM_THREADS=1 GM_SLOW_PERCENT=5.3 LD_PRELOAD='$PWD/$build/tests/libslow_gemm.so' exec '$program' "\$@"
END
chmod +x "$files/slow"
gate() {
    row=$("$program" bench gate "$program" "$1" --net 784-512-10 --batch 64 --threads 1 --backend blas --time 40s \
        2>/dev/null | grep '^step/') || true
    echo "$row"
}
quiet=0
found=0
i=0
while [ "$i" -lt "$pairs" ]; do
    gate "$program"
    case $row in *same) quiet=$((quiet + 1)) ;; esac
    gate "$files/slow"
    case $row in *slower) found=$((found + 1)) ;; esac
    i=$((i + 1))
done
echo "of $pairs pairs: nothing found between equal programs in $quiet, a planted 5 % found in $found"
